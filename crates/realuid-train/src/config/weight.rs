use realuid_loss::Weighting;
use serde::{Deserialize, Serialize};

/// `weight`: weight w(t) of an item in the loss, by the coefficients of the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum WeightConfig {
    /// 1.
    #[default]
    Constant,
    /// (sigma^2 + sigma_data^2) / (sigma sigma_data)^2 (Karras et al. 2022).
    Edm {
        /// Standard deviation of the data.
        #[serde(default = "sigma_data")]
        sigma_data: f64,
    },
    /// The signal-to-noise ratio.
    Snr,
    /// The signal-to-noise ratio and 1.
    SnrPlusOne,
    /// The signal-to-noise ratio, at least 1.
    TruncatedSnr,
    /// The signal-to-noise ratio up to a limit.
    MinSnr {
        /// The limit.
        #[serde(default = "limit")]
        limit: f64,
    },
}

impl WeightConfig {
    /// The weighting itself.
    pub fn weighting(self) -> Weighting {
        match self {
            Self::Constant => Weighting::Constant,
            Self::Edm { sigma_data } => Weighting::Edm { sigma_data },
            Self::Snr => Weighting::Snr,
            Self::SnrPlusOne => Weighting::SnrPlusOne,
            Self::TruncatedSnr => Weighting::TruncatedSnr,
            Self::MinSnr { limit } => Weighting::MinSnr { limit },
        }
    }
}

fn sigma_data() -> f64 {
    0.5
}

fn limit() -> f64 {
    5.0
}
