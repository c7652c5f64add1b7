//! Tests of the networks through their public interface, as one program.

mod configuration;
mod golden;
mod gradients;
mod loading;
mod tiny;
mod torchcfm;
