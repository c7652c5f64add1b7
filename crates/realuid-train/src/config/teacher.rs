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
    /// `[teacher.time]`; what is usual on the path if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeConfig>,
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
        self.path.times(self.time, "teacher.time")?;
        self.optimizer.validate("teacher.optimizer")?;
        self.train.validate("teacher")?;
        self.ema.validate("teacher")?;
        self.output.validate("teacher")
    }
}
