//! A trained network together with how it is used: loading it, and drawing samples from it.

mod batch;
mod card;
mod few_steps;
mod generator_times;
mod locate;
mod sample;
mod solve;
mod sources;

pub use card::{ModelCard, Role};
pub use few_steps::{FewSteps, GeneratorInput};
pub use generator_times::{GeneratorTimes, check_generator_times};
pub use locate::{Located, locate};
pub use sample::{Model, SampleRequest, Samples};
pub use solve::fitting_solver;
pub use sources::sources;

pub(crate) use sources::repeated;
