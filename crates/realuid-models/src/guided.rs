use candle_core::Tensor;

use crate::{Condition, Error, Network, NetworkConfig, Result};

/// A class-conditional network under classifier-free guidance: u + scale (c - u), c its prediction
/// for the classes of the condition and u that for no class.
///
/// Ho and Salimans, arXiv 2207.12598, equation 6, where the scale is 1 + w: 0 is the unconditional
/// prediction, 1 the conditional one, and more exaggerates what the class changes. Both are evaluated
/// in one batch of twice the size, with the same x, time, source end and noise; a dropout stream masks
/// the two halves differently. Gradients flow through both into x and, if it is trainable, into the
/// network. It is a [`Network`] itself, so [`Conditioned`](crate::Conditioned) makes a field of it.
#[derive(Clone, Copy)]
pub struct Guided<'a> {
    network: &'a dyn Network,
    null_class: u32,
    scale: f64,
}

impl<'a> Guided<'a> {
    /// `network` guided by `scale`; fails unless the network has a null class and the scale is
    /// finite.
    pub fn new(network: &'a dyn Network, scale: f64) -> Result<Self> {
        let null_class = network.config().null_class().ok_or_else(|| Error::Config {
            field: "null_class",
            expected: "true, and classes, for classifier-free guidance".into(),
            found: "false".into(),
        })?;
        if !scale.is_finite() {
            return Err(Error::Argument {
                operation: "classifier-free guidance",
                expected: "a finite scale".into(),
                found: scale.to_string(),
            });
        }
        Ok(Self { network, null_class, scale })
    }

    /// `condition` for a batch whose second half repeats the first without its classes.
    fn both(&self, condition: &Condition) -> Result<Condition> {
        let Some(classes) = &condition.classes else {
            return Err(Error::Argument {
                operation: "classifier-free guidance",
                expected: "a class for every sample (Condition::with_classes)".into(),
                found: "no classes".into(),
            });
        };
        let null = Tensor::full(self.null_class, classes.shape(), classes.device())?;
        Ok(Condition {
            classes: Some(Tensor::cat(&[classes, &null.to_dtype(classes.dtype())?], 0)?),
            source: condition.source.as_ref().map(twice).transpose()?,
            noise: condition.noise.as_ref().map(twice).transpose()?,
            dropout: condition.dropout.clone(),
        })
    }
}

impl Network for Guided<'_> {
    fn forward(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let both = self.network.forward(&twice(x)?, &twice(t)?, &self.both(condition)?)?;
        let halves = both.chunk(2, 0)?;
        let (conditional, unconditional) = (&halves[0], &halves[1]);
        Ok((unconditional + ((conditional - unconditional)? * self.scale)?)?)
    }

    fn config(&self) -> NetworkConfig {
        self.network.config()
    }
}

/// `tensor` [B, ..] after itself -> [2 B, ..].
fn twice(tensor: &Tensor) -> Result<Tensor> {
    Ok(Tensor::cat(&[tensor, tensor], 0)?)
}
