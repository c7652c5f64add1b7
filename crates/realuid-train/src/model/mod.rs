//! A trained network together with how it is used: loading it, and drawing samples from it.

mod card;
mod locate;
mod one_step;
mod sample;
mod solve;
mod sources;

pub use card::{ModelCard, Role};
pub use locate::{Located, locate};
pub use one_step::{GeneratorInput, OneStep};
pub use sample::{Model, SampleRequest, Samples};
pub use solve::check_solver;
pub use sources::sources;

pub(crate) use sources::repeated;
