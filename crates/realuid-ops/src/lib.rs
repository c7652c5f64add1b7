//! Differentiable tensor operations that candle lacks, does slowly or differentiates wrongly;
//! counter-based random streams; and the optimiser's arithmetic.

mod adam;
mod attention;
mod conv2d;
mod ema;
mod error;
mod gradients;
mod group_norm;
mod linear;
mod parameters;
mod random;
mod silu;
mod softmax;
mod upsample;

pub use adam::{Adam, AdamConfig};
pub use attention::attention;
pub use conv2d::{Conv2dConfig, conv2d};
pub use ema::Ema;
pub use error::{Error, Result};
pub use gradients::Gradients;
pub use group_norm::{GroupNorm, group_norm, group_norm_silu};
pub use linear::linear;
pub use parameters::Parameters;
pub use random::RandomStream;
pub use silu::silu;
pub use softmax::softmax;
pub use upsample::upsample_nearest2d;
