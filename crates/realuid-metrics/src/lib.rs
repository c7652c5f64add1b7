//! Distances between sets of samples: Frechet, KID, MMD, sliced Wasserstein, energy distance, PRDC;
//! and the weights of known modes.
//!
//! Every metric takes feature tensors `[N, D]`, one sample a row, of any floating dtype and on any
//! device; the arithmetic is f64 on the CPU, parallel over rows, and gives the same bits on every run.
//! The number of rows may differ between the two sets. Rows with NaN or infinite values are errors.
//!
//! ```
//! use candle_core::{DType, Device};
//! use realuid_metrics::{FrechetStatistics, energy_distance, frechet_distance};
//! use realuid_ops::RandomStream;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let real = RandomStream::new(0, "real", 0).normal((500, 3), DType::F64, &Device::Cpu)?;
//! let generated = real.affine(1.0, 2.0)?; // every coordinate moved by 2
//!
//! let (mut a, mut b) = (FrechetStatistics::new(3), FrechetStatistics::new(3));
//! a.push(&real)?;
//! b.push(&generated)?;
//! assert!((frechet_distance(&a, &b)? - 12.0).abs() < 1e-9); // |(2, 2, 2)|^2
//! assert!(energy_distance(&real, &generated)? > 1.0);
//! # Ok(())
//! # }
//! ```

mod directions;
mod energy_distance;
mod error;
mod feature_extractor;
mod frechet_distance;
mod frechet_statistics;
mod mmd;
mod mode_weights;
mod pairwise;
mod pooled_pixels;
mod prdc;
mod rows;
mod sliced_wasserstein;
mod total_variation;

pub use directions::random_directions;
pub use energy_distance::energy_distance;
pub use error::{Error, Result};
pub use feature_extractor::FeatureExtractor;
pub use frechet_distance::frechet_distance;
pub use frechet_statistics::FrechetStatistics;
pub use mmd::{gaussian_mmd, kid};
pub use mode_weights::{ModeWeights, mode_weights};
pub use pooled_pixels::PooledPixels;
pub use prdc::{Prdc, prdc};
pub use sliced_wasserstein::sliced_wasserstein;
pub use total_variation::total_variation;
