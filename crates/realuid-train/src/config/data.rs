use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// `[data]`: what a run learns from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// Where the data are, such as `digits`, `toy:8-gaussians`, `cifar10:PATH`, `folder:PATH?size=64`.
    pub uri: String,
    /// Mirror each image left to right with probability one half.
    #[serde(default)]
    pub horizontal_flip: bool,
    /// Threads that decode ahead.
    #[serde(default = "default_workers")]
    pub workers: usize,
    /// Batches decoded ahead.
    #[serde(default = "default_prefetch")]
    pub prefetch: usize,
}

fn default_workers() -> usize {
    1
}

fn default_prefetch() -> usize {
    4
}

impl DataConfig {
    /// Fails with the first field that makes no sense.
    pub fn validate(&self) -> Result<()> {
        for (field, value) in [("workers", self.workers), ("prefetch", self.prefetch)] {
            if value == 0 {
                return Err(Error::config(format!("data.{field}"), "expected at least 1, found 0"));
            }
        }
        Ok(())
    }
}
