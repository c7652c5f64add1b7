//! The UNet of Dhariwal and Nichol 2021, as torchcfm builds it.

mod attention_block;
mod config;
mod head;
mod layout;
mod residual_block;
mod stage;
mod unet;
mod validation;

pub use config::AdmUnetConfig;
pub(crate) use unet::{AdmUnet, INPUT_WEIGHT};
