use realuid_paths::{Interpolant, Linear, Prediction, TimeDistribution, TimeSpan};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// `teacher.path`: the framework of the teacher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathConfig {
    /// The interpolation path.
    #[serde(default)]
    pub name: PathName,
    /// What the network predicts: `velocity`, `data` or `v`.
    #[serde(default = "default_prediction")]
    pub prediction: String,
}

/// The paths by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathName {
    /// Flow matching: x_t = t data + (1 - t) source.
    #[default]
    Linear,
}

/// `time`: how training times are drawn, in the path's own native time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "distribution", rename_all = "kebab-case", deny_unknown_fields)]
pub enum TimeConfig {
    /// Evenly between two times.
    Uniform {
        /// Earliest time.
        #[serde(default)]
        low: f64,
        /// Latest time (excluded).
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
}

impl PathConfig {
    /// The interpolant itself.
    pub fn interpolant(&self) -> Box<dyn Interpolant> {
        match self.name {
            PathName::Linear => Box::new(Linear),
        }
    }

    /// The prediction; an error where the name is unknown, or where the prediction does not tell the
    /// velocity at the source end of the path, at which sampling begins.
    pub fn prediction(&self) -> Result<Prediction> {
        let prediction = self.named_prediction()?;
        let known = [Prediction::Velocity, Prediction::Data, Prediction::V];
        if known.contains(&prediction) {
            return Ok(prediction);
        }
        let names = known.map(Prediction::name).join(", ");
        let problem = format!(
            "expected one of {names}, from which the {:?} path can be sampled, found {prediction}",
            self.name
        );
        Err(Error::config("path.prediction", problem))
    }

    fn named_prediction(&self) -> Result<Prediction> {
        self.prediction
            .parse()
            .map_err(|e: realuid_paths::Error| Error::config("path.prediction", e.to_string()))
    }
}

impl TimeConfig {
    /// Fails where times would be drawn outside the path's own; `origin` names the table.
    pub fn check_within(&self, path: TimeSpan, origin: &str) -> Result<()> {
        let (low, high) = (path.data.min(path.source), path.data.max(path.source));
        let (from, to) = match *self {
            Self::Uniform { low, high } => (low, high),
            Self::LogitNormal { .. } => (0.0, 1.0),
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
        })
    }
}

impl Default for PathConfig {
    fn default() -> Self {
        Self { name: PathName::default(), prediction: default_prediction() }
    }
}

impl Default for TimeConfig {
    fn default() -> Self {
        Self::Uniform { low: 0.0, high: 1.0 }
    }
}

fn default_prediction() -> String {
    "velocity".into()
}

fn one() -> f64 {
    1.0
}
