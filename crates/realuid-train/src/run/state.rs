use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Window;
use super::checkpoint::step_folder;
use crate::config::Metric;
use crate::{Result, files};

/// Everything a checkpoint needs besides tensors to go on exactly where it was.
///
/// Random streams and the position in the data are functions of `step`, so they need no entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunState {
    /// Steps done.
    pub step: u64,
    /// Updates made by each optimiser.
    pub updates: BTreeMap<String, u64>,
    /// Length of the metrics log that belongs to these steps, in bytes.
    pub log_bytes: u64,
    /// Whether what is due at this step (records, picture, evaluation) was done before the checkpoint.
    pub reported: bool,
    /// What has been summed up since the last record.
    pub window: Window,
    /// The best evaluation so far.
    pub best: Option<Best>,
}

/// The checkpoint with the lowest value of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// Its step.
    pub step: u64,
    /// The metric.
    pub metric: Metric,
    /// The value.
    pub value: f64,
}

const FILE: &str = "state.json";

impl RunState {
    /// Writes the state into the checkpoint folder `folder`.
    pub fn save(&self, folder: &Path) -> Result<()> {
        files::replace(&folder.join(FILE), files::to_json(self).as_bytes())
    }

    /// Reads the state of the checkpoint folder `folder`.
    pub fn load(folder: &Path) -> Result<Self> {
        files::read_json(&folder.join(FILE))
    }
}

impl Best {
    /// Its checkpoint in the run folder `run`.
    pub fn folder(&self, run: &Path) -> PathBuf {
        step_folder(run, self.step)
    }
}
