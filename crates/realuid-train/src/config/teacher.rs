use realuid_models::NetworkConfig;
use serde::{Deserialize, Serialize};

use super::{EmaConfig, OptimizerConfig, OutputConfig, PathConfig, ScheduleConfig, TimeConfig};
use crate::Result;

/// `[teacher]`: a network and the path along which it learns to match the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherConfig {
    /// `[teacher.network]`: `architecture` and its own fields.
    pub network: NetworkConfig,
    /// `[teacher.path]`.
    #[serde(default)]
    pub path: PathConfig,
    /// `[teacher.time]`.
    #[serde(default)]
    pub time: TimeConfig,
    /// `[teacher.optimizer]`.
    pub optimizer: OptimizerConfig,
    /// `[teacher.train]`.
    pub train: ScheduleConfig,
    /// `[teacher.ema]`.
    #[serde(default)]
    pub ema: EmaConfig,
    /// `[teacher.output]`.
    #[serde(default)]
    pub output: OutputConfig,
}

impl TeacherConfig {
    /// Fails with the first field that makes no sense.
    pub fn validate(&self) -> Result<()> {
        self.network.validate()?;
        self.path.prediction()?;
        self.time.distribution()?;
        self.time.check_within(self.path.interpolant().times(), "teacher.time")?;
        self.optimizer.validate("teacher.optimizer")?;
        self.train.validate("teacher")?;
        self.ema.validate("teacher")?;
        self.output.validate("teacher")
    }
}
