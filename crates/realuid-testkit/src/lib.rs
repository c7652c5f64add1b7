//! What the tests of this workspace share: assertions on tensors, golden fixtures and the formula
//! tensors they are built from, finite differences, and closed-form oracles.
//!
//! ```
//! use candle_core::{Device, Tensor};
//! use realuid_testkit::{assert_close, assert_gradients};
//!
//! let third = Tensor::new(&[1.0 / 3.0], &Device::Cpu)?;
//! assert_close(&third, &Tensor::new(&[0.333_333], &Device::Cpu)?, 1e-6);
//! assert_gradients(&[&[2, 3]], |x| x[0].sqr()?.sum(0));
//! # Ok::<(), candle_core::Error>(())
//! ```
//!
//! Unpublished; only ever a dev-dependency (and the engine of the parity runner).

mod assert_close;
mod error;
mod finite_difference;
mod fixture;
mod formula;
mod gaussian_distillation;
mod gaussian_mixture;

pub use assert_close::{assert_close, max_relative_error, relative_norm_error};
pub use error::{Error, Result};
pub use finite_difference::assert_gradients;
pub use fixture::{Fixture, find_fixtures, fixture_folders};
pub use formula::{formula_normal, formula_parameter, formula_uniform};
pub use gaussian_distillation::{GaussianDistillation, Normal, PathPoint};
pub use gaussian_mixture::{GaussianMixture, PathCoefficients, PosteriorMeans};
