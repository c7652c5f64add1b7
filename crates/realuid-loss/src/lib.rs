//! Matching loss, RealUID and its special cases, weights, and two other methods for comparison.
//!
//! Distillation is a game: a fake model learns the generator's marginal field, the generator moves
//! until that field is the frozen teacher's. [`RealUid`] holds both sides as an [`Objective`] on
//! plain tensors; no architecture, no optimiser and no schedule is known here. Published methods are
//! [`Preset`]s of it; [`Dmd`] and [`Adversarial`] are others, for comparison. The loss may be taken in
//! another prediction than the networks make ([`PathPoints`]), and each item may have a weight, of its
//! time ([`Weighting`]) or of the teacher's error ([`data_normaliser`]).
//!
//! ```
//! use candle_core::{Device, Tensor, Var};
//! use realuid_loss::{Branch, Branches, Objective, RealUid};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Two items of one number each: teacher 0, target 1, and a fake model that says 0.5.
//! let column = |v: f64| Tensor::full(v, (2, 1), &Device::Cpu);
//! let fake = Var::from_tensor(&column(0.5)?)?;
//! let branches = Branches {
//!     generated: Branch { teacher: Some(column(0.0)?), fake: fake.as_tensor().clone(), target: column(1.0)? },
//!     real: None,
//!     weight: None,
//! };
//!
//! // Data-free: -J = |delta|^2 - 2 <delta, target - teacher> = 0.25 - 1.
//! let loss = RealUid::uid().fake_loss(&branches)?;
//! assert_eq!(loss.total.to_scalar::<f64>()?, -0.75);
//!
//! // Its gradient pulls the fake model towards the target: 2 (delta - 1), mean over two items.
//! let gradients = loss.total.backward()?;
//! assert_eq!(gradients.get(&fake).expect("a gradient").to_vec2::<f64>()?, [[-0.5], [-0.5]]);
//!
//! // With real data in the game a missing real branch is an error, never dropped.
//! assert!(RealUid::new(0.92, 0.94)?.fake_loss(&branches).is_err());
//! # Ok(())
//! # }
//! ```

mod adversarial;
mod data_normaliser;
mod dmd;
mod error;
mod matching;
mod objective;
mod path_points;
mod preset;
mod real_uid;
mod reduce;
mod weighting;

pub use adversarial::Adversarial;
pub use data_normaliser::data_normaliser;
pub use dmd::Dmd;
pub use error::{Error, Result};
pub use matching::matching_loss;
pub use objective::{Branch, Branches, Loss, Objective};
pub use path_points::PathPoints;
pub use preset::{GeneratorWeight, Preset, PresetSettings};
pub use real_uid::RealUid;
pub use weighting::Weighting;
