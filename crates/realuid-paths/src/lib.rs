//! Interpolation paths, predictions and their conversions, time distributions and samplers of
//! matching models.
//!
//! Flow matching, diffusion, bridges and stochastic interpolants are one family,
//! x_t = a(t) data + b(t) source + c(t) latent: an [`Interpolant`] says its coefficients, and points,
//! regression targets and conversions between [`Prediction`]s follow. A [`GaussianPath`] has no
//! latent: it knows its log-SNR, and [`ChangeOfPath`] carries a teacher of one to another. On a path
//! with latent a [`KnownPoint`] says which end is known besides; a network with [`Heads`] predicts the
//! latent itself. A [`Field`] is a network (or a
//! formula) with its condition bound, and a [`Sampler`] carries points along it.
//!
//! A [`PathSampler`] knows the path besides, follows a [`Denoiser`] and may draw noise; [`Adaptive`]
//! chooses its own steps.
//!
//! There are no parameters, no networks and no random state here: noise is an argument.
//!
//! ```
//! use candle_core::{DType, Device, Tensor};
//! use realuid_ops::RandomStream;
//! use realuid_paths::{Ends, Heun, Interpolant, Linear, Prediction, TimeDistribution};
//! use realuid_paths::{Result, integrate, uniform_grid};
//!
//! # fn main() -> Result<()> {
//! // A training pair of flow matching: the point x_t and the velocity to regress onto.
//! let ends = Ends {
//!     data: Tensor::full(3.0, (4, 2), &Device::Cpu)?,
//!     source: RandomStream::new(0, "noise", 0).normal((4, 2), DType::F64, &Device::Cpu)?,
//!     latent: None,
//! };
//! let t = TimeDistribution::uniform(0.0, 1.0)?
//!     .sample(&RandomStream::new(0, "times", 0), 4, DType::F64, &Device::Cpu)?;
//! let x = Linear.interpolate(&ends, &t)?;
//! let velocity = Linear.target(Prediction::Velocity, &ends, &t)?;
//! let data = Linear.convert(&velocity, Prediction::Velocity, Prediction::Data, &x, &t)?;
//! assert!((data - &ends.data)?.abs()?.max_all()?.to_scalar::<f64>()? < 1e-12);
//!
//! // All data at 3: the exact field says so everywhere, and sampling from noise ends there.
//! let field = |x: &Tensor, t: &Tensor| {
//!     let data = Tensor::full(3.0, x.shape(), x.device())?;
//!     Linear.convert(&data, Prediction::Data, Prediction::Velocity, x, t)
//! };
//! let solution = integrate(&Heun, &field, &ends.source, &uniform_grid(0.0, 1.0, 10)?)?;
//! assert_eq!(solution.evaluations, 19);
//! assert!((solution.x - &ends.data)?.abs()?.max_all()?.to_scalar::<f64>()? < 1e-12);
//! # Ok(())
//! # }
//! ```

mod broadcast;
mod change_of_path;
mod coefficients;
mod conversion;
mod converted;
mod error;
mod field;
mod gaussian_path;
mod heads;
mod host;
mod integrate;
mod interpolant;
mod karras_grid;
mod latent_conversion;
mod log_snr_grid;
mod noise;
mod path;
mod path_point;
mod prediction;
mod rates;
mod sample;
mod sampler;
mod time_distribution;

pub use change_of_path::ChangeOfPath;
pub use coefficients::{Coefficients, Ends, Rated, TimeSpan};
pub use converted::Converted;
pub use error::{Error, Result};
pub use field::Field;
pub use gaussian_path::GaussianPath;
pub use heads::Heads;
pub use integrate::{Solution, integrate, uniform_grid};
pub use interpolant::Interpolant;
pub use karras_grid::karras_grid;
pub use latent_conversion::{KnownEnd, KnownPoint};
pub use log_snr_grid::log_snr_grid;
pub use noise::{NoNoise, Noise};
pub use path::{
    BrownianBridge, Cosine, DdbmVe, DdbmVp, Ddpm, Gamma, Gvp, I2sb, Linear, StochasticInterpolant,
    VarianceExploding, VpLinear,
};
pub use path_point::{PathPoint, time_at_log_ratio};
pub use prediction::{Prediction, PredictionChange};
pub use sample::{Denoiser, sample};
pub use sampler::{
    Adaptive, AdaptiveSolution, BridgeOde, BridgePosterior, Churn, Ddim, Diffusion, DormandPrince,
    DpmSolver, EdmHeun, Estimate, Euler, EulerMaruyama, Heun, Interval, Midpoint, PathSampler, Rk4,
    Sampler, Step,
};
pub use time_distribution::TimeDistribution;
