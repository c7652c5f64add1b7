use std::collections::BTreeMap;

use candle_core::Device;
use realuid_ops::{Parameters, RandomStream};
use serde::{Deserialize, Serialize};

use crate::sources::{Initialiser, ShapeRecorder};
use crate::{
    AdmUnetConfig, Discriminator, Execution, MlpConfig, Network, NetworkBuilder, NetworkOptions,
    Result, adm_unet, mlp,
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
        self.executed(Execution::default()).construct(&mut source)?;
        source.finish()
    }

    /// The builder of networks that compute as `execution` says; those of the `build_*` functions here
    /// compute by default, in full precision and without checkpointing.
    pub fn executed(&self, execution: Execution) -> NetworkBuilder<'_> {
        NetworkBuilder::new(self, execution)
    }

    /// The network on `parameters`: gradients flow into them. An error lists every tensor that is
    /// missing, unexpected or misshapen.
    pub fn build_trainable(&self, parameters: &Parameters) -> Result<Box<dyn Network>> {
        self.executed(Execution::default()).build_trainable(parameters)
    }

    /// The network on views of `parameters` that share their storage: later updates show through,
    /// and no backward pass ever computes a gradient for them, only for the input. Strict as
    /// [`NetworkConfig::build_trainable`].
    pub fn build_frozen(&self, parameters: &Parameters) -> Result<Box<dyn Network>> {
        self.executed(Execution::default()).build_frozen(parameters)
    }

    /// The adversarial head of the network on `parameters`; gradients flow into them. An error
    /// where the configuration has no `adversarial_head`. It may share its parameters with a
    /// network built beside it.
    pub fn build_discriminator_trainable(
        &self,
        parameters: &Parameters,
    ) -> Result<Box<dyn Discriminator>> {
        self.executed(Execution::default()).build_discriminator_trainable(parameters)
    }

    /// The adversarial head on views of `parameters`, as [`NetworkConfig::build_frozen`].
    pub fn build_discriminator_frozen(
        &self,
        parameters: &Parameters,
    ) -> Result<Box<dyn Discriminator>> {
        self.executed(Execution::default()).build_discriminator_frozen(parameters)
    }

    /// Name and shape of every parameter.
    pub fn parameter_shapes(&self) -> Result<BTreeMap<String, Vec<usize>>> {
        let mut source = ShapeRecorder::default();
        self.executed(Execution::default()).construct(&mut source)?;
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

    /// Name of the parameter [outputs, inputs, ..] of the first layer.
    pub(crate) fn input_weight(&self) -> &'static str {
        match self {
            Self::Mlp(_) => mlp::INPUT_WEIGHT,
            Self::AdmUnet(_) => adm_unet::INPUT_WEIGHT,
        }
    }
}
