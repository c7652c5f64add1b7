use candle_core::Tensor;
use realuid_models::NetworkConfig;

use crate::{Error, Result};

/// The classes a network takes: those of the data, or none where it is unconditional.
pub fn conditioning(network: &NetworkConfig, classes: Option<&Tensor>) -> Result<Option<Tensor>> {
    match (network.num_classes(), classes) {
        (None, _) => Ok(None),
        (Some(_), Some(classes)) => Ok(Some(classes.clone())),
        (Some(known), None) => Err(Error::Mismatch {
            what: "data for a class-conditional network",
            expected: format!("examples with one of {known} classes"),
            found: "examples without a class".into(),
            advice: "use data with labels, or a network without classes".into(),
        }),
    }
}

/// The source end [B, ...] as a condition of a network that takes it.
pub fn source_condition(network: &NetworkConfig, source: &Tensor) -> Option<Tensor> {
    network.options().source_condition.then(|| source.clone())
}
