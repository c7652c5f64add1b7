//! Differentiable tensor operations that candle lacks, does slowly or differentiates wrongly;
//! counter-based random streams; and the optimiser's arithmetic.
//!
//! Every operation takes f32 or f64 tensors on the CPU, contiguous or not, computes only the
//! gradients somebody wants, and gives the same bits on every run and for any number of threads.
//! Products of matrices may differ in their last bits between machines whose vector units differ;
//! random streams do not.
//!
//! ```
//! use candle_core::{DType, Device, Var};
//! use realuid_ops::{Conv2dConfig, RandomStream, conv2d};
//!
//! let draw = |purpose, shape| {
//!     RandomStream::new(7, purpose, 0).normal(shape, DType::F32, &Device::Cpu)
//! };
//! let image = Var::from_tensor(&draw("image", (2, 3, 8, 8))?)?;
//! let frozen = draw("weight", (4, 3, 3, 3))?;
//!
//! let y = conv2d(&image, &frozen, None, Conv2dConfig { stride: 2, padding: 1 })?;
//! assert_eq!(y.dims(), [2, 4, 4, 4]);
//!
//! let gradients = y.sqr()?.sum_all()?.backward()?;
//! assert!(gradients.get(&image).is_some());
//! assert!(gradients.get(&frozen).is_none()); // not computed either
//! # Ok::<(), realuid_ops::Error>(())
//! ```

// The loops that `parallel::vectorised` compiles for wider instructions must contain their bodies.
#![allow(clippy::inline_always)]

mod adam;
mod adam_step;
mod add_channels;
mod attention;
mod blocks;
mod conv2d;
mod conv_geometry;
mod conv_products;
mod dropout;
mod element;
mod ema;
mod error;
mod exp;
mod gradients;
mod group_norm;
mod group_norm_kernel;
mod kernel;
mod linear;
mod matrix;
mod names;
mod parallel;
mod parameters;
mod philox;
mod pool;
mod random;
mod silu;
mod softmax;
mod softplus;
mod storage;
mod sums;
mod upsample;

pub use adam::{Adam, AdamConfig};
pub use add_channels::add_channels;
pub use attention::attention;
pub use conv2d::{Conv2dConfig, conv2d};
pub use dropout::dropout;
pub use ema::Ema;
pub use error::{Error, Result};
pub use gradients::Gradients;
pub use group_norm::{GroupNorm, group_norm, group_norm_scale_shift_silu, group_norm_silu};
pub use linear::linear;
pub use parameters::Parameters;
pub use pool::avg_pool2d;
pub use random::RandomStream;
pub use silu::silu;
pub use softmax::softmax;
pub use softplus::softplus;
pub use upsample::upsample_nearest2d;
