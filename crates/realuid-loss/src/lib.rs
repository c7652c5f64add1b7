//! Matching loss, RealUID and its special cases, and the adversarial baseline.

mod adversarial;
mod error;
mod matching;
mod objective;
mod real_uid;
mod reduce;

pub use adversarial::Adversarial;
pub use error::{Error, Result};
pub use matching::matching_loss;
pub use objective::{Branch, Branches, Loss, Objective};
pub use real_uid::RealUid;
