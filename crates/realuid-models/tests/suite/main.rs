//! Tests of the networks through their public interface, as one program.

mod configuration;
mod golden;
mod gradients;
mod guidance;
mod inputs;
mod loading;
mod options;
mod preconditioning;
mod tiny;
mod torchcfm;
