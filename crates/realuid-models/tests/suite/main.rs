//! Tests of the networks through their public interface, as one program.

mod checkpointing;
mod configuration;
mod execution;
mod golden;
mod gradients;
mod guidance;
mod inputs;
mod loading;
#[cfg(feature = "cuda")]
mod on_gpu;
mod options;
mod preconditioning;
mod tiny;
mod torchcfm;
