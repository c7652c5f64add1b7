use std::fs;

use anyhow::Context;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::axis::Axis;
use super::chart::{Curve, Figure, Panel};
use crate::cargo::root;

/// A file of `docs/measurements`: how far one-step students are from the data, for several settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measurements {
    /// What was varied.
    #[expect(dead_code, reason = "for readers of the file")]
    field: String,
    /// How each value was obtained.
    #[expect(dead_code, reason = "for readers of the file")]
    commands: Vec<String>,
    #[expect(dead_code, reason = "for readers of the file")]
    machine: String,
    #[expect(dead_code, reason = "for readers of the file")]
    date: String,
    /// Sliced Wasserstein distance of the teacher with 100 evaluations.
    teacher: f64,
    students: Vec<Students>,
}

/// Students that differ in their seeds alone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Students {
    value: f64,
    /// One for each seed, from 0.
    sliced_wasserstein: Vec<f64>,
}

/// The factor of the quadratic term in the generator's loss.
pub fn kappa() -> anyhow::Result<Figure> {
    let x = Axis::linear("kappa", 0.0, 3.0, 0.5);
    Ok(read::<Measurements>("kappa")?.figure("Linear path, realuid, one step", x))
}

/// The time at which the generator evaluates its network.
pub fn initial_time() -> anyhow::Result<Figure> {
    let x = Axis::linear("the generator's time", 0.0, 0.4, 0.1);
    Ok(read::<Measurements>("initial-time")?
        .figure("Path gvp, realuid with kappa = 2, one step", x))
}

/// The file of `docs/measurements` with this name.
pub fn read<T: DeserializeOwned>(name: &str) -> anyhow::Result<T> {
    let path = format!("docs/measurements/{name}.json");
    let text = fs::read_to_string(root().join(&path)).with_context(|| format!("reading {path}"))?;
    serde_json::from_str(&text).with_context(|| format!("{path}: expected a file of measurements"))
}

impl Measurements {
    fn figure(&self, title: &str, x: Axis) -> Figure {
        let all = |of: &Students| {
            of.sliced_wasserstein.iter().map(|d| [of.value, *d]).collect::<Vec<_>>()
        };
        let students = Curve {
            name: "student, 1 evaluation: mean, and each seed".to_owned(),
            line: self.students.iter().map(|of| [of.value, of.mean()]).collect(),
            points: self.students.iter().flat_map(all).collect(),
        };
        let ends = self.students.iter().map(|of| [of.value, self.teacher]).collect();
        let teacher =
            Curve { name: "teacher, 100 evaluations".to_owned(), line: ends, points: Vec::new() };
        let panel = Panel {
            title: title.to_owned(),
            x,
            y: Axis::linear("sliced Wasserstein", 0.0, 0.2, 0.05),
            curves: vec![students, teacher],
        };
        Figure { panels: vec![panel], columns: 1 }
    }
}

impl Students {
    fn mean(&self) -> f64 {
        self.sliced_wasserstein.iter().sum::<f64>() / self.sliced_wasserstein.len() as f64
    }
}
