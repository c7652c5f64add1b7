use std::collections::BTreeMap;

use candle_core::Tensor;
use realuid_ops::Parameters;

use crate::adm_unet::AdmUnet;
use crate::mlp::Mlp;
use crate::preconditioning::Preconditioned;
use crate::scope::{Scope, TensorSource};
use crate::sources::StrictLoader;
use crate::{Discriminator, EdmPreconditioning, Error, Execution, Network, NetworkConfig, Result};

/// Builds the network that a configuration describes, to compute as an [`Execution`] says; made by
/// [`NetworkConfig::executed`]. Its functions are those of the configuration, which mean the default.
#[derive(Clone, Copy, Debug)]
pub struct NetworkBuilder<'a> {
    config: &'a NetworkConfig,
    execution: Execution,
}

impl<'a> NetworkBuilder<'a> {
    pub(crate) fn new(config: &'a NetworkConfig, execution: Execution) -> Self {
        Self { config, execution }
    }

    /// As [`NetworkConfig::build_trainable`].
    pub fn build_trainable(&self, parameters: &Parameters) -> Result<Box<dyn Network>> {
        Ok(self.network(self.fill(tracked(parameters))?))
    }

    /// As [`NetworkConfig::build_frozen`].
    pub fn build_frozen(&self, parameters: &Parameters) -> Result<Box<dyn Network>> {
        Ok(self.network(self.fill(parameters.tensors())?))
    }

    /// As [`NetworkConfig::build_discriminator_trainable`].
    pub fn build_discriminator_trainable(
        &self,
        parameters: &Parameters,
    ) -> Result<Box<dyn Discriminator>> {
        self.require_head()?;
        Ok(self.discriminator(self.fill(tracked(parameters))?))
    }

    /// As [`NetworkConfig::build_discriminator_frozen`].
    pub fn build_discriminator_frozen(
        &self,
        parameters: &Parameters,
    ) -> Result<Box<dyn Discriminator>> {
        self.require_head()?;
        Ok(self.discriminator(self.fill(parameters.tensors())?))
    }

    fn fill(&self, tensors: BTreeMap<String, Tensor>) -> Result<Built> {
        let mut source = StrictLoader::new(tensors);
        let built = self.construct(&mut source)?;
        source.finish()?;
        Ok(built)
    }

    /// The walk over the architecture, which asks `source` for every parameter.
    pub(crate) fn construct(&self, source: &mut dyn TensorSource) -> Result<Built> {
        self.config.validate()?;
        let (scope, execution) = (Scope::root(source), self.execution);
        Ok(match self.config {
            NetworkConfig::Mlp(config) => Built::Mlp(Box::new(Mlp::new(scope, config, execution)?)),
            NetworkConfig::AdmUnet(config) => {
                Built::AdmUnet(Box::new(AdmUnet::new(scope, config, execution)?))
            }
        })
    }

    /// The network that `built` is wanted for, with the scales around it.
    fn network(&self, built: Built) -> Box<dyn Network> {
        let bare = built.into_network();
        match self.config.options().preconditioning {
            Some(scales) => Box::new(self.preconditioned(bare, scales)),
            None => bare,
        }
    }

    fn discriminator(&self, built: Built) -> Box<dyn Discriminator> {
        let bare = built.into_discriminator();
        match self.config.options().preconditioning {
            Some(scales) => Box::new(self.preconditioned(bare, scales)),
            None => bare,
        }
    }

    fn preconditioned<N>(&self, bare: N, scales: EdmPreconditioning) -> Preconditioned<N> {
        Preconditioned::new(bare, scales, self.config.data_shape(), self.execution)
    }

    fn require_head(&self) -> Result<()> {
        let present = match self.config {
            NetworkConfig::Mlp(config) => config.adversarial_head,
            NetworkConfig::AdmUnet(config) => config.adversarial_head,
        };
        if present { Ok(()) } else { Err(Error::no_head()) }
    }
}

/// A network before it is known what it is wanted for.
pub(crate) enum Built {
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
