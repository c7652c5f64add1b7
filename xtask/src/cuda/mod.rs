//! Building for NVIDIA GPUs on a machine that has nothing of NVIDIA's (docs/cuda.md).

mod archives;
mod binary;
mod build;
mod declarations;
mod dependency;
mod home;
mod home_command;
mod left_out;
mod wheels;

pub use build::{Arguments as BuildArguments, build, cargo};
pub use dependency::Dependencies;
pub use home::CudaHome;
pub use home_command::Arguments as HomeArguments;
