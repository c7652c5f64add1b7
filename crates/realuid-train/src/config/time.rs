use realuid_paths::{TimeDistribution, TimeSpan};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// `time`: how training times are drawn, in the path's own native time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "distribution", rename_all = "kebab-case", deny_unknown_fields)]
pub enum TimeConfig {
    /// Evenly between two times.
    Uniform {
        /// Earliest time.
        #[serde(default)]
        low: f64,
        /// Latest time (excluded, but a time may round to it).
        #[serde(default = "one")]
        high: f64,
    },
    /// The logistic function of a normal variable (Esser et al. 2024), in (0, 1).
    LogitNormal {
        /// Mean of the normal variable.
        #[serde(default)]
        mean: f64,
        /// Standard deviation of the normal variable.
        #[serde(default = "one")]
        std: f64,
    },
    /// The exponential of a normal variable (Karras et al. 2022); what falls outside the bounds is
    /// moved to the nearer one.
    LogNormal {
        /// Mean of the normal variable.
        #[serde(default = "edm_mean")]
        mean: f64,
        /// Standard deviation of the normal variable.
        #[serde(default = "edm_std")]
        std: f64,
        /// Earliest time.
        #[serde(default = "edm_low")]
        low: f64,
        /// Latest time.
        #[serde(default = "edm_high")]
        high: f64,
    },
    /// The steps of a discrete schedule, each alike.
    DiscreteUniform {
        /// First step.
        #[serde(default)]
        low: u64,
        /// Last step (included).
        #[serde(default = "last_step")]
        high: u64,
    },
}

impl TimeConfig {
    /// Fails where times would be drawn outside the path's own; `origin` names the table.
    pub fn check_within(&self, path: TimeSpan, origin: &str) -> Result<()> {
        let (low, high) = (path.data.min(path.source), path.data.max(path.source));
        let (from, to) = match *self {
            Self::Uniform { low, high } | Self::LogNormal { low, high, .. } => (low, high),
            Self::LogitNormal { .. } => (0.0, 1.0),
            Self::DiscreteUniform { low, high } => (low as f64, high as f64),
        };
        if low <= from && to <= high {
            return Ok(());
        }
        let problem = format!("expected times within [{low}, {high}], found [{from}, {to}]");
        Err(Error::config(origin, problem))
    }

    /// The distribution itself; fails where the numbers make none.
    pub fn distribution(&self) -> Result<TimeDistribution> {
        Ok(match *self {
            Self::Uniform { low, high } => TimeDistribution::uniform(low, high)?,
            Self::LogitNormal { mean, std } => TimeDistribution::logit_normal(mean, std)?,
            Self::LogNormal { mean, std, low, high } => {
                TimeDistribution::bounded_log_normal(mean, std, low, high)?
            }
            Self::DiscreteUniform { low, high } => TimeDistribution::discrete_uniform(low, high)?,
        })
    }
}

fn one() -> f64 {
    1.0
}

fn edm_mean() -> f64 {
    -1.2
}

fn edm_std() -> f64 {
    1.2
}

fn edm_low() -> f64 {
    0.002
}

fn edm_high() -> f64 {
    80.0
}

fn last_step() -> u64 {
    999
}
