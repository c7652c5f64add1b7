use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use super::correction_row::Measured;

/// What a figure shows of the law of correction: where it says that a share is, and where it was found.
#[derive(Debug, Serialize)]
pub struct LawPoints {
    /// What measures them again.
    pub command: String,
    pub classes: Vec<ClassPoints>,
}

/// The share of one class, of each student with a law and each seed.
#[derive(Debug, Serialize)]
pub struct ClassPoints {
    pub name: &'static str,
    /// Law and measurement.
    pub points: Vec<[f64; 2]>,
}

impl LawPoints {
    /// Writes the file, replacing it.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
    }
}

impl Measured<'_> {
    /// The share of `class` by the law that closes the part `c` of the gap from teacher to data, and
    /// the model's own; none where classes were not measured.
    pub fn point(&self, class: usize, c: f64) -> Option<[f64; 2]> {
        let (teacher, model) = (self.teacher.classes.as_ref()?, self.model.classes.as_ref()?);
        // Four digits: more are noise.
        let rounded = |share: f64| (share * 1e4).round() / 1e4;
        Some([teacher.corrected(class, c), model.samples[class]].map(rounded))
    }
}
