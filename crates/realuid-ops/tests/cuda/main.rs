//! Operations on a GPU against the same operations on the CPU.
//!
//! Without a GPU these tests pass, saying so; with REALUID_EXPECT_CUDA=1 they fail instead.
#![cfg(feature = "cuda")]

mod attention;
mod captured_step;
mod cast;
mod checkpoint;
mod convolution;
mod elementwise;
mod gradients;
mod graph;
mod images;
mod linear;
mod memory;
mod norm;
mod optimizer;
mod optimizer_refusals;
mod random;
mod sinusoidal_embedding;
mod softmax;
mod support;
mod training_state;
