//! Networks as published, under their published parameter names, with strict loading and saving.
//!
//! A [`NetworkConfig`] describes an architecture; [`NetworkConfig::initialise`] draws its
//! [`Parameters`](realuid_ops::Parameters), and the `build_*` functions make a [`Network`] (or a
//! [`Discriminator`]) on them: trainable, so that gradients flow into the parameters, or frozen, so
//! that they flow only into the input. Every one of them is the same walk over the architecture,
//! so names and shapes are written down once. [`Conditioned`] binds a [`Condition`] and is the
//! field that samplers and losses take.
//!
//! | architecture | for | parameter names |
//! |---|---|---|
//! | [`MlpConfig`] | vectors, small images | ours |
//! | [`AdmUnetConfig`] | images | torchcfm's `UNetModelWrapper` |
//!
//! Either can be asked for [`NetworkOptions`]: preconditioning as a denoiser, the source end or noise
//! as further inputs, several heads, a class that stands for none. [`Guided`] is a network under
//! classifier-free guidance. An [`Execution`] says how a network computes: in which precision, and
//! what it keeps for the backward pass; [`NetworkConfig::executed`] builds with it.
//!
//! ```
//! use candle_core::{DType, Device, Tensor};
//! use realuid_models::{Condition, MlpConfig, NetworkConfig};
//! use realuid_ops::RandomStream;
//!
//! let config = NetworkConfig::Mlp(MlpConfig::new([2], 32, 2));
//! let parameters = config.initialise(&RandomStream::new(0, "initialise", 0), &Device::Cpu)?;
//! let network = config.build_trainable(&parameters)?;
//!
//! let x = Tensor::zeros((5, 2), DType::F32, &Device::Cpu)?;
//! let t = Tensor::full(0.5_f32, 5, &Device::Cpu)?;
//! assert_eq!(network.forward(&x, &t, &Condition::none())?.dims(), [5, 2]);
//!
//! // Parameters of anything else are refused, with a list of what does not fit.
//! let mut tensors = parameters.tensors();
//! tensors.remove("output.bias");
//! let damaged = realuid_ops::Parameters::from_tensors(&tensors)?;
//! let error = config.build_trainable(&damaged).err().unwrap();
//! assert!(error.to_string().contains("missing output.bias [2]"));
//! # Ok::<(), realuid_models::Error>(())
//! ```

mod adm_unet;
mod atomic_file;
mod builder;
mod condition;
mod conditioned;
mod config;
mod defaults;
mod drop_classes;
mod embedding;
mod error;
mod execution;
mod guided;
mod input;
mod layers;
mod mlp;
mod model_folder;
mod name_hash;
mod network;
mod options;
mod preconditioning;
mod scope;
mod sources;
mod tensor_file;
mod widen;

pub use adm_unet::AdmUnetConfig;
pub use atomic_file::{UNFINISHED, sync_parent, write_atomically};
pub use builder::NetworkBuilder;
pub use condition::Condition;
pub use conditioned::Conditioned;
pub use config::NetworkConfig;
pub use drop_classes::drop_classes;
pub use error::{Error, Result};
pub use execution::{Execution, Precision};
pub use guided::Guided;
pub use mlp::MlpConfig;
pub use model_folder::{load_model, save_model};
pub use network::{Discriminator, Network};
pub use options::NetworkOptions;
pub use preconditioning::EdmPreconditioning;
pub use tensor_file::{load_metadata, load_tensors, save_tensors};
pub use widen::widen_parameters;
