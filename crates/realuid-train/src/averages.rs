//! The moving averages of a run as files, and which of them is used.

use std::collections::BTreeMap;

use candle_core::Tensor;
use realuid_ops::{Ema, Parameters};

use crate::Result;
use crate::job::LoadTensors;
use crate::weights::{self, MODEL};

/// Name of the weights that samples and evaluations use: the first average, or else the network itself.
pub fn preferred(ema: &Ema) -> String {
    ema.averages().first().map_or(MODEL.to_owned(), |(decay, _)| weights::ema_name(*decay))
}

/// The weights called [`preferred`]; `parameters` are the network's own.
pub fn preferred_parameters<'a>(ema: &'a Ema, parameters: &'a Parameters) -> &'a Parameters {
    ema.averages().first().map_or(parameters, |(_, average)| average)
}

/// The averages by file name.
pub fn tensors(ema: &Ema) -> impl Iterator<Item = (String, BTreeMap<String, Tensor>)> {
    ema.averages().iter().map(|(decay, average)| (weights::ema_name(*decay), average.tensors()))
}

/// Goes back to what [`tensors`] gave.
pub fn restore(ema: &Ema, load: &mut LoadTensors<'_>) -> Result<()> {
    for (decay, average) in ema.averages() {
        average.assign(&load(&weights::ema_name(*decay))?)?;
    }
    Ok(())
}
