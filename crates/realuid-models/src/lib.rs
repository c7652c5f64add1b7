//! Networks as published, under their published parameter names, with strict loading and saving.

mod adm_unet;
mod atomic_file;
mod condition;
mod conditioned;
mod config;
mod embedding;
mod error;
mod input;
mod layers;
mod mlp;
mod model_folder;
mod name_hash;
mod network;
mod scope;
mod sources;
mod tensor_file;

pub use adm_unet::AdmUnetConfig;
pub use condition::Condition;
pub use conditioned::Conditioned;
pub use config::NetworkConfig;
pub use error::{Error, Result};
pub use mlp::MlpConfig;
pub use model_folder::{load_model, save_model};
pub use network::{Discriminator, Network};
pub use tensor_file::{load_metadata, load_tensors, save_tensors};
