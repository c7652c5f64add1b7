use crate::{Condition, Network};

/// A network with its condition bound: a function of the sample and its time alone.
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
