//! One self-contained HTML page for one or more runs: curves and pictures side by side.

mod curves;
mod page;

use std::path::Path;

use crate::run::{Record, RunFolder, read_records};
use crate::{Error, Result, files};

/// Writes the page of the run `run`: its own curves and pictures, beside its teacher's samples and the data.
pub fn write(run: &RunFolder) -> Result<()> {
    let section = Section::read(run.path(), "This run")?;
    files::replace(&run.report(), page::render("RealUID run", &[section])?.as_bytes())
}

/// Writes one page that compares the run folders `runs`, each under its name.
pub fn compare(runs: &[(String, &Path)], page_file: &Path) -> Result<()> {
    let sections: Vec<Section> =
        runs.iter().map(|(name, path)| Section::read(path, name)).collect::<Result<_>>()?;
    files::replace(page_file, page::render("RealUID runs compared", &sections)?.as_bytes())
}

/// What the page shows of one run.
struct Section {
    name: String,
    config: String,
    records: Vec<Record>,
    /// Captions and PNG files: data and teacher where the run has them, then samples by step.
    pictures: Vec<(String, Vec<u8>)>,
}

impl Section {
    fn read(run: &Path, name: &str) -> Result<Self> {
        let config_file = run.join("config.toml");
        let config =
            std::fs::read_to_string(&config_file).map_err(Error::io("reading", &config_file))?;
        Ok(Self {
            name: name.to_owned(),
            config,
            records: read_records(&run.join("metrics.jsonl"))?,
            pictures: pictures(&run.join("samples"))?,
        })
    }
}

/// Most pictures by step that a page shows of one run.
const PICTURES: usize = 6;

/// `data.png` and `teacher.png` first, then some pictures by step, the last always among them.
fn pictures(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut named = Vec::new();
    let mut steps = Vec::new();
    for path in files::entries(folder)? {
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
        match stem.strip_prefix("step-").and_then(|s| s.parse::<u64>().ok()) {
            Some(step) => steps.push((format!("step {step}"), path)),
            None => named.push((stem, path)),
        }
    }
    let last = steps.len().saturating_sub(1);
    let shown = PICTURES.min(steps.len());
    let chosen =
        (0..shown).map(|i| steps[if shown > 1 { i * last / (shown - 1) } else { last }].clone());
    named
        .into_iter()
        .chain(chosen)
        .map(|(caption, path)| {
            let bytes = std::fs::read(&path).map_err(Error::io("reading", &path))?;
            Ok((caption, bytes))
        })
        .collect()
}
