use candle_core::Tensor;
use realuid_paths::Field;

use crate::{Condition, Network};

/// A network with its condition bound: the [`Field`] that samplers and losses take.
#[derive(Clone)]
pub struct Conditioned<'a> {
    network: &'a dyn Network,
    condition: Condition,
}

impl<'a> Conditioned<'a> {
    /// `network` under `condition`, whose classes are those of every batch that will be given.
    pub fn new(network: &'a dyn Network, condition: Condition) -> Self {
        Self { network, condition }
    }
}

impl Field for Conditioned<'_> {
    fn predict(&self, x: &Tensor, t: &Tensor) -> realuid_paths::Result<Tensor> {
        self.network.forward(x, t, &self.condition).map_err(realuid_paths::Error::field)
    }
}
