//! A residual multilayer perceptron for vectors and small images.

mod config;
mod perceptron;

pub use config::MlpConfig;
pub(crate) use perceptron::{INPUT_WEIGHT, Mlp};
