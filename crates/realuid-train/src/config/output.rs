use serde::{Deserialize, Serialize};

use super::SolverConfig;
use crate::evaluation::NEIGHBOURS;
use crate::{Error, Result};

/// What a run writes and when; the four tables below, side by side in the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputConfig {
    /// `output.log`.
    #[serde(default)]
    pub log: LogConfig,
    /// `output.checkpoints`.
    #[serde(default)]
    pub checkpoints: CheckpointsConfig,
    /// `output.samples`.
    #[serde(default)]
    pub samples: SamplesConfig,
    /// `output.evaluation`.
    #[serde(default)]
    pub evaluation: EvaluationConfig,
}

/// `output.log`: the records of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// Steps between records; each holds the means since the one before.
    pub every: u64,
}

/// `output.checkpoints`: the folders from which a run can go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointsConfig {
    /// Steps between checkpoints; one is always written at the end.
    pub every: u64,
    /// How many of the newest are kept; the best one is kept besides.
    #[serde(default = "default_keep")]
    pub keep: usize,
}

/// `output.samples`: pictures while training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplesConfig {
    /// Steps between pictures, the first at step 0; 0 draws one at the end only.
    #[serde(default)]
    pub every: u64,
    /// Samples in a picture.
    #[serde(default = "default_count")]
    pub count: usize,
}

/// `output.evaluation`: metrics of samples against data while training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationConfig {
    /// Steps between evaluations; 0 evaluates at the end only.
    #[serde(default)]
    pub every: u64,
    /// Samples drawn, and at most as many examples of the data.
    #[serde(default = "default_samples")]
    pub samples: usize,
    /// The metric by which the best checkpoint is chosen (lower is better).
    #[serde(default)]
    pub best_by: Metric,
    /// Data to compare with; the training data if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// How a teacher is sampled; a generator needs no solver.
    #[serde(default)]
    pub solver: SolverConfig,
}

/// A distance between samples and data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Frechet distance of Gaussians fitted to pixels (pooled to at most 256 features).
    #[default]
    Frechet,
    /// Sliced 2-Wasserstein distance.
    SlicedWasserstein,
    /// Energy distance.
    EnergyDistance,
}

impl OutputConfig {
    /// Fails with the first field that makes no sense; `section` is its table in the file.
    pub fn validate(&self, section: &str) -> Result<()> {
        let at_least_one = [
            ("log.every", self.log.every),
            ("checkpoints.every", self.checkpoints.every),
            ("checkpoints.keep", self.checkpoints.keep as u64),
            ("samples.count", self.samples.count as u64),
        ];
        for (field, value) in at_least_one {
            if value == 0 {
                return Err(Error::config(
                    format!("{section}.output.{field}"),
                    "expected at least 1, found 0",
                ));
            }
        }
        self.evaluation.solver.validate(&format!("{section}.output.evaluation.solver"))?;
        if self.evaluation.samples <= NEIGHBOURS {
            let least = NEIGHBOURS + 1;
            let problem = format!("expected at least {least}, found {}", self.evaluation.samples);
            return Err(Error::config(format!("{section}.output.evaluation.samples"), problem));
        }
        Ok(())
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { every: 50 }
    }
}

impl Default for CheckpointsConfig {
    fn default() -> Self {
        Self { every: 1000, keep: default_keep() }
    }
}

impl Default for SamplesConfig {
    fn default() -> Self {
        Self { every: 0, count: default_count() }
    }
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        Self {
            every: 0,
            samples: default_samples(),
            best_by: Metric::default(),
            data: None,
            solver: SolverConfig::default(),
        }
    }
}

fn default_keep() -> usize {
    2
}

fn default_count() -> usize {
    100
}

fn default_samples() -> usize {
    2000
}
