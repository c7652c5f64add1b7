use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use clap::Args;

use super::Common;
use super::parallel::in_parallel;
use super::realuid::{Evaluation, Realuid, Run};
use super::universal_row::{Distances, HEADER, Measured, Row};
use crate::cargo::below_root;
use crate::page::{self, Markers};

/// Where the recipes lie, one for each framework.
const RECIPES: &str = "configs/toy";
/// The data of the recipes, and what takes their place in the second half of the table.
const TOYS: [&str; 2] = ["8-gaussians", "checkerboard"];
/// Samples of each model, compared with as many examples.
const SAMPLES: [&str; 2] = ["--num", "2000"];
const STEPS: [&str; 2] = ["--steps", "100"];
/// One step that moves no weight.
const UNTRAINED: [&str; 2] = ["teacher.train.steps=1", "teacher.optimizer.learning_rate=1e-30"];
const MARKERS: Markers = Markers {
    begin: "<!-- universal: begin; written by `cargo xtask table universal` -->",
    end: "<!-- universal: end -->",
};

/// `cargo xtask table universal`
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Only recipes whose names contain this
    #[arg(long, value_name = "PART")]
    only: Option<String>,
}

/// One framework on one data set with one seed.
struct Cell<'a> {
    recipe: &'a Path,
    toy: &'static str,
    data: String,
    seed: u64,
}

impl Arguments {
    pub fn run(self) -> anyhow::Result<()> {
        let recipes = recipes(&below_root(RECIPES), self.only.as_deref())?;
        let out = self.common.folder("table-universal")?;
        let cells = cells(&recipes, self.common.seeds)?;
        let realuid = Realuid::build()?;
        let start = Instant::now();
        let distances = in_parallel(&cells, self.common.jobs(), |cell| {
            let distances = cell.measure(&realuid, &out)?;
            println!("{}: {}", cell.name(), serde_json::to_string(&distances)?);
            Ok(distances)
        })?;
        let seeds = self.common.seeds as usize;
        let rows: Vec<Row> = cells
            .chunks(seeds)
            .zip(distances.chunks(seeds))
            .map(|(cells, measured)| Row::new(&cells[0].framework(), cells[0].toy, measured))
            .collect();
        let table = page::table(&HEADER, &rows.iter().map(Row::cells).collect::<Vec<_>>());
        self.common.show(&table, MARKERS, start)?;
        verdict(&rows)
    }
}

impl Cell<'_> {
    fn measure(&self, realuid: &Realuid, out: &Path) -> anyhow::Result<Measured> {
        let folder = out.join(self.name());
        let teach = |name: &str, changes: &[&str]| {
            let (settings, out) = (self.settings(changes), folder.join(name));
            realuid.teach(&Run { recipe: self.recipe, settings: &settings, out: &out })?;
            anyhow::Ok(out)
        };
        let student = |name: &str, teacher: &Path, changes: &[&str]| {
            let (settings, out) = (self.settings(changes), folder.join(name));
            let run = Run { recipe: self.recipe, settings: &settings, out: &out };
            realuid.distil(&run, teacher)?;
            self.distances(realuid, &out, &[])
        };
        let (fresh, teacher) = (teach("fresh", &UNTRAINED)?, teach("teacher", &[])?);
        Ok(Measured {
            teacher: self.distances(realuid, &teacher, &STEPS)?,
            // Its one step is the fake model's.
            untrained: student("untrained", &fresh, &["distill.train.steps=1"])?,
            uid: student("uid", &teacher, &["distill.objective.preset=uid"])?,
            realuid: student("realuid", &teacher, &[])?,
        })
    }

    fn distances(
        &self,
        realuid: &Realuid,
        model: &Path,
        solver: &[&str],
    ) -> anyhow::Result<Distances> {
        let found = realuid.evaluate(model, &self.data, &[&SAMPLES, solver].concat())?;
        let Evaluation { sliced_wasserstein, energy_distance: energy, .. } = found;
        Ok(Distances { sliced_wasserstein, energy })
    }

    fn settings(&self, changes: &[&str]) -> Vec<String> {
        let own = [format!("seed={}", self.seed), format!("data.uri={}", self.data)];
        own.into_iter().chain(changes.iter().map(|change| (*change).to_owned())).collect()
    }

    fn framework(&self) -> String {
        self.recipe.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn name(&self) -> String {
        format!("{}-{}-{}", self.framework(), self.toy, self.seed)
    }
}

fn recipes(folder: &Path, only: Option<&str>) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut recipes = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<Vec<PathBuf>>>()
        .with_context(|| format!("reading {}", folder.display()))?;
    recipes.retain(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        only.is_none_or(|part| name.contains(part))
    });
    ensure!(!recipes.is_empty(), "expected recipes in {}, found none", folder.display());
    recipes.sort();
    Ok(recipes)
}

/// Every recipe on both data sets with every seed, the seeds of a row side by side.
fn cells(recipes: &[PathBuf], seeds: u64) -> anyhow::Result<Vec<Cell<'_>>> {
    ensure!(seeds > 0, "--seeds: expected at least 1, found 0");
    let mut cells = Vec::new();
    for recipe in recipes {
        let uri = data_uri(recipe)?;
        for toy in TOYS {
            let data = uri.replace(TOYS[0], toy);
            cells.extend((0..seeds).map(|seed| Cell { recipe, toy, data: data.clone(), seed }));
        }
    }
    Ok(cells)
}

/// The data of the recipe, which must be the first of the toys.
fn data_uri(recipe: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(recipe)
        .with_context(|| format!("reading the recipe {}", recipe.display()))?;
    let uri = crate::demo::plan::uri(&text).filter(|uri| uri.contains(TOYS[0]));
    Ok(uri
        .with_context(|| {
            let (name, toy) = (recipe.display(), TOYS[0]);
            format!("{name}: expected a line `uri = \"toy:{toy}...\"`, found none")
        })?
        .to_owned())
}

fn verdict(rows: &[Row]) -> anyhow::Result<()> {
    let complaints: Vec<String> = rows.iter().filter_map(Row::complaint).collect();
    if complaints.is_empty() {
        println!("Every RealUID student is as near to the data as is asked for.");
        return Ok(());
    }
    bail!("{} of {} rows fall short: {}", complaints.len(), rows.len(), complaints.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_is_there_on_both_data_sets() {
        let folder = crate::cargo::root().join(RECIPES);
        let recipes = recipes(&folder, None).unwrap();
        let cells = cells(&recipes, 3).unwrap();
        assert_eq!(cells.len(), recipes.len() * 2 * 3);
        assert!(recipes.len() >= 12, "{recipes:?}");
        let checkerboards = cells.iter().filter(|cell| cell.data.contains("checkerboard"));
        assert_eq!(checkerboards.count(), cells.len() / 2);
    }
}
