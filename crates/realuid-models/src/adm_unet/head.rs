use realuid_ops::{Conv2dConfig, GroupNorm, Value, group_norm_silu};

use crate::Result;
use crate::layers::{Conv2d, ConvShape, group_norm32};
use crate::scope::Scope;

/// The adversarial head of the official RealUID code: halves the middle features twice and maps
/// what is left to one logit per position.
pub(crate) struct AdversarialHead {
    halve: [(Conv2d, GroupNorm); 2],
    logit: Conv2d,
}

impl AdversarialHead {
    pub fn new(mut scope: Scope, channels: usize) -> Result<Self> {
        let shape = ConvShape { inputs: channels, outputs: channels, kernel: 2 };
        let config = Conv2dConfig { stride: 2, padding: 0 };
        let mut halving = |conv: usize, norm: usize| -> Result<(Conv2d, GroupNorm)> {
            Ok((
                Conv2d::new(scope.at(conv), shape, config)?,
                group_norm32(scope.at(norm), channels)?,
            ))
        };
        let halve = [halving(0, 1)?, halving(3, 4)?];
        let shape = ConvShape { inputs: channels, outputs: 1, kernel: 1 };
        Ok(Self { halve, logit: Conv2d::new(scope.at(6), shape, Conv2dConfig::default())? })
    }

    /// [B, H, W, C] -> [B, P] with P = floor(H / 4) floor(W / 4).
    pub fn forward(&self, features: &Value) -> realuid_ops::Result<Value> {
        let h = self.halve.iter().try_fold(features.clone(), |h, (conv, norm)| {
            group_norm_silu(&conv.forward(&h)?, norm, None)
        })?;
        let logits = self.logit.forward(&h)?;
        let batch = logits.dims()[0];
        logits.reshape((batch, logits.elem_count() / batch))
    }
}
