//! What the tests of this workspace share: assertions on tensors, golden fixtures and the formula
//! tensors they are built from, finite differences, and closed-form oracles.
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
pub use gaussian_mixture::{GaussianMixture, PosteriorMeans};
