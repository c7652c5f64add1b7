use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use realuid_ops::{Parameters, RandomStream};
use serde::{Deserialize, Serialize};

use crate::adm_unet::AdmUnet;
use crate::mlp::Mlp;
use crate::preconditioning::Preconditioned;
use crate::scope::{Scope, TensorSource};
use crate::sources::{Initialiser, ShapeRecorder, StrictLoader};
use crate::{
    AdmUnetConfig, Discriminator, Error, MlpConfig, Network, NetworkOptions, Result, adm_unet, mlp,
};

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
        Ok(self.network(self.fill(tracked(parameters))?))
    }

    /// The network on views of `parameters` that share their storage: later updates show through,
    /// and no backward pass ever computes a gradient for them, only for the input. Strict as
    /// [`NetworkConfig::build_trainable`].
    pub fn build_frozen(&self, parameters: &Parameters) -> Result<Box<dyn Network>> {
        Ok(self.network(self.fill(parameters.tensors())?))
    }

    /// The adversarial head of the network on `parameters`; gradients flow into them. An error
    /// where the configuration has no `adversarial_head`. It may share its parameters with a
    /// network built beside it.
    pub fn build_discriminator_trainable(
        &self,
        parameters: &Parameters,
    ) -> Result<Box<dyn Discriminator>> {
        self.require_head()?;
        Ok(self.discriminator(self.fill(tracked(parameters))?))
    }

    /// The adversarial head on views of `parameters`, as [`NetworkConfig::build_frozen`].
    pub fn build_discriminator_frozen(
        &self,
        parameters: &Parameters,
    ) -> Result<Box<dyn Discriminator>> {
        self.require_head()?;
        Ok(self.discriminator(self.fill(parameters.tensors())?))
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

    /// The class that stands for "no class": the one after the last; `None` for a network without.
    pub fn null_class(&self) -> Option<u32> {
        let count = self.num_classes().filter(|_| self.options().null_class)?;
        u32::try_from(count).ok()
    }

    /// Shape of the noise of one sample that a generator takes besides it: the data's with as many
    /// channels as [`NetworkOptions::noise_channels`]; `None` for a network without.
    pub fn noise_shape(&self) -> Option<Vec<usize>> {
        let channels = Some(self.options().noise_channels).filter(|channels| *channels > 0)?;
        let mut shape = self.data_shape();
        *shape.first_mut()? = channels;
        Some(shape)
    }

    /// What it is asked for besides its sizes.
    pub fn options(&self) -> NetworkOptions {
        match self {
            Self::Mlp(config) => config.options(),
            Self::AdmUnet(config) => config.options(),
        }
    }

    /// The same network with other options.
    #[must_use]
    pub fn with_options(mut self, options: NetworkOptions) -> Self {
        match &mut self {
            Self::Mlp(config) => config.set_options(options),
            Self::AdmUnet(config) => config.set_options(options),
        }
        self
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

    /// The network that `built` is wanted for, with the scales around it.
    fn network(&self, built: Built) -> Box<dyn Network> {
        let bare = built.into_network();
        match self.options().preconditioning {
            Some(scales) => Box::new(Preconditioned::new(bare, scales, self.data_shape())),
            None => bare,
        }
    }

    fn discriminator(&self, built: Built) -> Box<dyn Discriminator> {
        let bare = built.into_discriminator();
        match self.options().preconditioning {
            Some(scales) => Box::new(Preconditioned::new(bare, scales, self.data_shape())),
            None => bare,
        }
    }

    /// Name of the parameter [outputs, inputs, ..] of the first layer.
    pub(crate) fn input_weight(&self) -> &'static str {
        match self {
            Self::Mlp(_) => mlp::INPUT_WEIGHT,
            Self::AdmUnet(_) => adm_unet::INPUT_WEIGHT,
        }
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
