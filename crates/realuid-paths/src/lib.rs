//! Interpolation paths, predictions and their conversions, time distributions and samplers of matching models.

mod broadcast;
mod coefficients;
mod conversion;
mod error;
mod field;
mod integrate;
mod interpolant;
mod linear;
mod prediction;
mod sampler;
mod time_distribution;

pub use coefficients::{Coefficients, Ends, TimeSpan};
pub use error::{Error, Result};
pub use field::Field;
pub use integrate::{Solution, integrate, uniform_grid};
pub use interpolant::Interpolant;
pub use linear::Linear;
pub use prediction::Prediction;
pub use sampler::{Euler, Heun, Interval, Midpoint, Sampler};
pub use time_distribution::TimeDistribution;
