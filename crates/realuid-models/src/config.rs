use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use realuid_ops::{Parameters, RandomStream};
use serde::{Deserialize, Serialize};

use crate::adm_unet::AdmUnet;
use crate::mlp::Mlp;
use crate::scope::{Scope, TensorSource};
use crate::sources::{Initialiser, ShapeRecorder, StrictLoader};
use crate::{AdmUnetConfig, Discriminator, Error, MlpConfig, Network, Result};

/// Which architecture, and its sizes: all that is needed to build a network but its values.
///
/// As JSON or TOML, a table whose `architecture` is `"mlp"` or `"adm-unet"` beside the fields of
/// the architecture; unknown fields are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "architecture", rename_all = "kebab-case")]
pub enum NetworkConfig {
    /// A residual multilayer perceptron for vectors and small images.
    Mlp(MlpConfig),
    /// The UNet of Dhariwal and Nichol 2021 (ADM) for images.
    AdmUnet(AdmUnetConfig),
}

impl NetworkConfig {
    /// Seeded initial values, f32, distributed as PyTorch's defaults, with zeros where the
    /// published code starts from zero.
    pub fn initialise(&self, stream: &RandomStream, device: &Device) -> Result<Parameters> {
        let mut source = Initialiser::new(stream, device);
        self.construct(&mut source)?;
        source.finish()
    }

    /// The network on `parameters`: gradients flow into them. An error lists every tensor that is
    /// missing, unexpected or misshapen.
    pub fn build_trainable(&self, parameters: &Parameters) -> Result<Box<dyn Network>> {
        Ok(self.fill(tracked(parameters))?.into_network())
    }

    /// The network on views of `parameters` that share their storage: later updates show through,
    /// and no backward pass ever computes a gradient for them, only for the input. Strict as
    /// [`NetworkConfig::build_trainable`].
    pub fn build_frozen(&self, parameters: &Parameters) -> Result<Box<dyn Network>> {
        Ok(self.fill(parameters.tensors())?.into_network())
    }

    /// The adversarial head of the network on `parameters`; gradients flow into them. An error
    /// where the configuration has no `adversarial_head`. It may share its parameters with a
    /// network built beside it.
    pub fn build_discriminator_trainable(
        &self,
        parameters: &Parameters,
    ) -> Result<Box<dyn Discriminator>> {
        self.require_head()?;
        Ok(self.fill(tracked(parameters))?.into_discriminator())
    }

    /// The adversarial head on views of `parameters`, as [`NetworkConfig::build_frozen`].
    pub fn build_discriminator_frozen(
        &self,
        parameters: &Parameters,
    ) -> Result<Box<dyn Discriminator>> {
        self.require_head()?;
        Ok(self.fill(parameters.tensors())?.into_discriminator())
    }

    /// Name and shape of every parameter.
    pub fn parameter_shapes(&self) -> Result<BTreeMap<String, Vec<usize>>> {
        let mut source = ShapeRecorder::default();
        self.construct(&mut source)?;
        Ok(source.finish())
    }

    /// An error that names the first field which describes no network.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::Mlp(config) => config.validate(),
            Self::AdmUnet(config) => config.validate(),
        }
    }

    /// Shape of one sample: `[D]` or `[C, H, W]`.
    pub fn data_shape(&self) -> Vec<usize> {
        match self {
            Self::Mlp(config) => config.data_shape.clone(),
            Self::AdmUnet(config) => config.dim.to_vec(),
        }
    }

    /// Number of classes; `None` for a network without them.
    pub fn num_classes(&self) -> Option<usize> {
        match self {
            Self::Mlp(config) => config.num_classes,
            Self::AdmUnet(config) => config.classes(),
        }
    }

    /// The same network with an adversarial head beside it.
    #[must_use]
    pub fn with_adversarial_head(mut self) -> Self {
        match &mut self {
            Self::Mlp(config) => config.adversarial_head = true,
            Self::AdmUnet(config) => config.adversarial_head = true,
        }
        self
    }

    fn fill(&self, tensors: BTreeMap<String, Tensor>) -> Result<Built> {
        let mut source = StrictLoader::new(tensors);
        let built = self.construct(&mut source)?;
        source.finish()?;
        Ok(built)
    }

    fn construct(&self, source: &mut dyn TensorSource) -> Result<Built> {
        self.validate()?;
        let scope = Scope::root(source);
        Ok(match self {
            Self::Mlp(config) => Built::Mlp(Box::new(Mlp::new(scope, config)?)),
            Self::AdmUnet(config) => Built::AdmUnet(Box::new(AdmUnet::new(scope, config)?)),
        })
    }

    fn require_head(&self) -> Result<()> {
        let present = match self {
            Self::Mlp(config) => config.adversarial_head,
            Self::AdmUnet(config) => config.adversarial_head,
        };
        if present { Ok(()) } else { Err(Error::no_head()) }
    }
}

/// A network before it is known what it is wanted for.
enum Built {
    Mlp(Box<Mlp>),
    AdmUnet(Box<AdmUnet>),
}

impl Built {
    fn into_network(self) -> Box<dyn Network> {
        match self {
            Self::Mlp(network) => network,
            Self::AdmUnet(network) => network,
        }
    }

    fn into_discriminator(self) -> Box<dyn Discriminator> {
        match self {
            Self::Mlp(network) => network,
            Self::AdmUnet(network) => network,
        }
    }
}

fn tracked(parameters: &Parameters) -> BTreeMap<String, Tensor> {
    parameters.iter().map(|(name, var)| (name.to_owned(), var.as_tensor().clone())).collect()
}
