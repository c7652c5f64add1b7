use realuid_paths::{
    BrownianBridge, Cosine, DdbmVe, DdbmVp, Ddpm, GaussianPath, Gvp, I2sb, Interpolant, Linear,
    Prediction, StochasticInterpolant, VarianceExploding, VpLinear,
};
use serde::{Deserialize, Serialize};

use super::TimeConfig;
use crate::{Error, Result};

/// Share of the path that times keep from an end where a rate is infinite, a prediction ill-conditioned
/// or a weight infinite.
pub(super) const MARGIN: f64 = 1e-3;

/// The paths by name, each with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PathName {
    /// Flow matching: x_t = t data + (1 - t) source.
    Linear {},
    /// Flow matching along a quarter circle: x_t = sin(pi t / 2) data + cos(pi t / 2) source.
    Gvp {},
    /// Variance-preserving diffusion whose beta is linear in t in [0, 1].
    VpLinear {
        /// beta at the data end.
        #[serde(default = "default::beta_min")]
        beta_min: f64,
        /// beta at the noise end.
        #[serde(default = "default::vp_beta_max")]
        beta_max: f64,
    },
    /// Variance-preserving diffusion along a quarter circle, t in [0, 1].
    Cosine {},
    /// Discrete diffusion with evenly growing betas.
    DdpmLinear {
        /// beta of the first step.
        #[serde(default = "default::ddpm_beta_min")]
        beta_min: f64,
        /// beta of the last step.
        #[serde(default = "default::ddpm_beta_max")]
        beta_max: f64,
        /// How many steps; native times are 0 to one less.
        #[serde(default = "default::steps")]
        steps: usize,
    },
    /// Discrete diffusion with the cosine schedule of Nichol and Dhariwal.
    DdpmCosine {
        /// s of the schedule.
        #[serde(default = "default::offset")]
        offset: f64,
        /// How many steps; native times are 0 to one less.
        #[serde(default = "default::steps")]
        steps: usize,
    },
    /// Variance-exploding diffusion (EDM); native time is the noise level.
    VarianceExploding {
        /// Lowest noise level of training.
        #[serde(default = "default::sigma_min")]
        sigma_min: f64,
        /// Highest noise level, where sampling begins.
        #[serde(default = "default::sigma_max")]
        sigma_max: f64,
    },
    /// Brownian bridge between paired ends.
    BrownianBridge {
        /// Variance of the motion over the whole path.
        #[serde(default = "default::epsilon")]
        epsilon: f64,
    },
    /// Image-to-image Schroedinger bridge: beta rises to the middle and falls again.
    I2sb {
        /// beta at both ends.
        #[serde(default = "default::beta_min")]
        beta_min: f64,
        /// beta that t = 1 would have without turning.
        #[serde(default = "default::i2sb_beta_max")]
        beta_max: f64,
    },
    /// Bridge over variance-preserving diffusion.
    DdbmVp {
        /// beta at the data end.
        #[serde(default = "default::beta_min")]
        beta_min: f64,
        /// beta at the source end.
        #[serde(default = "default::ddbm_beta_max")]
        beta_max: f64,
    },
    /// Bridge over variance-exploding diffusion; native time is the noise level.
    DdbmVe {
        /// Noise level at the source end.
        #[serde(default = "default::sigma_max")]
        sigma_max: f64,
    },
    /// x_t = t data + (1 - t) source + gamma(t) latent.
    StochasticInterpolant {
        /// `sqrt(k t (1 - t))`, `k t (1 - t)` or `k sin^2(pi t)`, k a number.
        #[serde(default = "default::gamma")]
        gamma: String,
    },
}

/// A path, by whether it has a latent.
pub(super) enum Built {
    /// Without.
    Gaussian(Box<dyn GaussianPath>),
    /// With.
    Latent(Box<dyn Interpolant>),
}

impl PathName {
    /// The path itself; fails where its parameters make none.
    pub(super) fn build(&self) -> Result<Built> {
        let path: Box<dyn GaussianPath> = match self {
            Self::Linear {} => Box::new(Linear),
            Self::Gvp {} => Box::new(Gvp),
            Self::Cosine {} => Box::new(Cosine),
            Self::VpLinear { beta_min, beta_max } => Box::new(VpLinear::new(*beta_min, *beta_max)?),
            Self::DdpmLinear { beta_min, beta_max, steps } => {
                Box::new(Ddpm::linear(*beta_min, *beta_max, *steps)?)
            }
            Self::DdpmCosine { offset, steps } => Box::new(Ddpm::cosine(*offset, *steps)?),
            Self::VarianceExploding { sigma_min, sigma_max } => {
                check_levels(*sigma_min, *sigma_max)?;
                Box::new(VarianceExploding::new(*sigma_max)?)
            }
            Self::BrownianBridge { epsilon } => return Ok(latent(BrownianBridge::new(*epsilon)?)),
            Self::I2sb { beta_min, beta_max } => {
                return Ok(latent(I2sb::new(*beta_min, *beta_max)?));
            }
            Self::DdbmVp { beta_min, beta_max } => {
                return Ok(latent(DdbmVp::new(*beta_min, *beta_max)?));
            }
            Self::DdbmVe { sigma_max } => return Ok(latent(DdbmVe::new(*sigma_max)?)),
            Self::StochasticInterpolant { gamma } => {
                return Ok(latent(StochasticInterpolant::new(gamma.parse()?)?));
            }
        };
        Ok(Built::Gaussian(path))
    }

    /// Whether native time is the noise level added to the data.
    pub(super) fn is_in_levels(&self) -> bool {
        matches!(self, Self::VarianceExploding { .. })
    }

    /// Whether the path is one of diffusion with its variance preserved, which ends in noise that still
    /// holds a little of the data.
    pub(super) fn is_diffusion(&self) -> bool {
        matches!(
            self,
            Self::VpLinear { .. }
                | Self::Cosine {}
                | Self::DdpmLinear { .. }
                | Self::DdpmCosine { .. }
        )
    }

    /// What networks on this path usually predict.
    pub(super) fn usual_prediction(&self) -> Prediction {
        match self {
            Self::Linear {} | Self::Gvp {} | Self::StochasticInterpolant { .. } => {
                Prediction::Velocity
            }
            Self::VpLinear { .. }
            | Self::Cosine {}
            | Self::DdpmLinear { .. }
            | Self::DdpmCosine { .. } => Prediction::Source,
            Self::VarianceExploding { .. }
            | Self::BrownianBridge { .. }
            | Self::I2sb { .. }
            | Self::DdbmVp { .. }
            | Self::DdbmVe { .. } => Prediction::Data,
        }
    }

    /// How training times are usually drawn on this path.
    pub(super) fn usual_times(&self) -> TimeConfig {
        match *self {
            Self::Linear {} | Self::Gvp {} => TimeConfig::Uniform { low: 0.0, high: 1.0 },
            Self::VpLinear { .. } | Self::Cosine {} => {
                TimeConfig::Uniform { low: MARGIN, high: 1.0 }
            }
            Self::DdpmLinear { steps, .. } | Self::DdpmCosine { steps, .. } => {
                TimeConfig::DiscreteUniform { low: 0, high: (steps as u64).saturating_sub(1) }
            }
            Self::VarianceExploding { sigma_min, sigma_max } => {
                TimeConfig::LogNormal { mean: -1.2, std: 1.2, low: sigma_min, high: sigma_max }
            }
            Self::BrownianBridge { .. }
            | Self::I2sb { .. }
            | Self::DdbmVp { .. }
            | Self::StochasticInterpolant { .. } => {
                TimeConfig::Uniform { low: MARGIN, high: 1.0 - MARGIN }
            }
            Self::DdbmVe { sigma_max } => {
                TimeConfig::Uniform { low: MARGIN * sigma_max, high: (1.0 - MARGIN) * sigma_max }
            }
        }
    }
}

fn latent(path: impl Interpolant + 'static) -> Built {
    Built::Latent(Box::new(path))
}

fn check_levels(sigma_min: f64, sigma_max: f64) -> Result<()> {
    if 0.0 < sigma_min && sigma_min < sigma_max {
        return Ok(());
    }
    let problem = format!("expected 0 < sigma_min < sigma_max, found {sigma_min} and {sigma_max}");
    Err(Error::config("path", problem))
}

/// Parameters as published: the paths in realuid-paths say where.
mod default {
    pub(super) fn beta_min() -> f64 {
        0.1
    }
    pub(super) fn vp_beta_max() -> f64 {
        20.0
    }
    pub(super) fn ddpm_beta_min() -> f64 {
        1e-4
    }
    pub(super) fn ddpm_beta_max() -> f64 {
        0.02
    }
    pub(super) fn steps() -> usize {
        1000
    }
    pub(super) fn offset() -> f64 {
        0.008
    }
    pub(super) fn sigma_min() -> f64 {
        0.002
    }
    pub(super) fn sigma_max() -> f64 {
        80.0
    }
    pub(super) fn epsilon() -> f64 {
        1.0
    }
    pub(super) fn i2sb_beta_max() -> f64 {
        0.3
    }
    pub(super) fn ddbm_beta_max() -> f64 {
        2.1
    }
    pub(super) fn gamma() -> String {
        "sqrt(2 t (1 - t))".into()
    }
}
