//! Differentiable tensor operations that candle lacks, does slowly or differentiates wrongly;
//! counter-based random streams; and the optimiser's arithmetic.
//!
//! The operations work on [`Value`]s of a [`Tape`]: a whole network is recorded on one tape and is a
//! single differentiable operation to candle. They take f32 or f64 tensors on the CPU, images with
//! the channels last, compute only the gradients somebody wants, and give the same bits on every run
//! and for any number of threads. Products, convolutions and exponentials may differ in their last
//! bits between machines whose vector units differ; random streams do not.
//!
//! ```
//! use candle_core::{DType, Device, Var};
//! use realuid_ops::{Conv2dConfig, RandomStream, conv2d, on_tape};
//!
//! let draw = |purpose, shape| {
//!     RandomStream::new(7, purpose, 0).normal(shape, DType::F32, &Device::Cpu)
//! };
//! let image = Var::from_tensor(&draw("image", (2, 8, 8, 3))?)?;
//! let frozen = draw("weight", (4, 3, 3, 3))?;
//!
//! let halve = Conv2dConfig { stride: 2, padding: 1 };
//! let y = on_tape(&image, |x| conv2d(x, &frozen, None, halve))?;
//! assert_eq!(y.dims(), [2, 4, 4, 4]);
//!
//! let gradients = y.sqr()?.sum_all()?.backward()?;
//! assert!(gradients.get(&image).is_some());
//! assert!(gradients.get(&frozen).is_none()); // not computed either
//! # Ok::<(), realuid_ops::Error>(())
//! ```

// The loops that `parallel::vectorised` and `simd` compile for wider instructions must contain their
// bodies.
#![allow(clippy::inline_always)]

mod adam;
mod adam_state;
mod adam_step;
mod add;
mod attention;
mod blocks;
mod buffer;
mod cast;
mod channels;
#[cfg(test)]
mod comparison;
mod concat;
mod convolution;
#[cfg(feature = "cuda")]
mod cuda;
mod dropout;
mod element;
mod elementwise;
mod ema;
mod error;
mod exp;
mod gradients;
mod graph;
mod linear;
mod names;
mod norm;
mod optimizer_pass;
mod optimizer_place;
mod parallel;
mod parameters;
mod philox;
mod pool;
mod products;
mod random;
mod silu;
mod simd;
mod sinusoidal_embedding;
mod softmax;
mod softplus;
mod squares;
mod storage;
mod sums;
mod taken;
mod tape;
mod tf32;
mod upsample;

pub use adam::{Adam, AdamConfig, StepConfig};
pub use add::add;
pub use attention::{HeadOrder, self_attention};
pub use cast::cast;
pub use channels::{channels_first, channels_last};
pub use concat::concat;
pub use convolution::{Conv2dConfig, Conv3x3, Convolution, conv2d, set_conv3x3};
#[cfg(feature = "cuda")]
pub use cuda::{cuda_device, cuda_peak_bytes, reset_cuda_peak};
pub use dropout::dropout;
pub use ema::Ema;
pub use error::{Error, Result};
pub use gradients::Gradients;
pub use graph::{Graph, overwrite};
pub use linear::{linear, linear_plus};
pub use norm::{GroupNorm, group_norm, group_norm_silu};
pub use parameters::Parameters;
pub use pool::avg_pool2d;
pub use random::RandomStream;
pub use silu::silu;
pub use sinusoidal_embedding::sinusoidal_embedding;
pub use softmax::softmax;
pub use softplus::softplus;
pub use tape::{Tape, Value, checkpoint, on_tape};
pub use tf32::set_tf32;
pub use upsample::upsample_nearest2d;
