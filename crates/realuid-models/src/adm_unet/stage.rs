use std::sync::Arc;

use realuid_ops::{RandomStream, Result, Value};

use super::attention_block::AttentionBlock;
use super::residual_block::ResidualBlock;
use crate::Execution;
use crate::layers::Conv2d;

/// What all layers of one forward pass share.
pub(crate) struct Pass<'a> {
    /// silu of the time and class embedding, [B, 4 * num_channels]: every block begins with it.
    pub activated_embedding: Value,
    pub dropout: Option<&'a RandomStream>,
    pub execution: Execution,
}

/// One step of the network's body.
pub(crate) enum Layer {
    Convolution(Conv2d),
    /// Nearest-neighbour doubling, then a convolution.
    Upsample(Conv2d),
    Residual(Arc<ResidualBlock>),
    Attention(Arc<AttentionBlock>),
}

/// Layers applied one after the other; one entry of `input_blocks` or `output_blocks`.
pub(crate) struct Stage(pub Vec<Layer>);

impl Stage {
    pub fn forward(&self, x: &Value, pass: &Pass) -> Result<Value> {
        self.0.iter().try_fold(x.clone(), |h, layer| layer.forward(&h, pass))
    }
}

impl Layer {
    fn forward(&self, x: &Value, pass: &Pass) -> Result<Value> {
        match self {
            Self::Convolution(conv) => conv.forward(x),
            Self::Upsample(conv) => conv.alone().after_doubling().apply(x),
            Self::Residual(block) => {
                let (block, mask) = (block.clone(), block.mask(pass.dropout));
                pass.execution.block(&[x, &pass.activated_embedding], move |inputs| {
                    block.forward(&inputs[0], &inputs[1], mask.as_ref())
                })
            }
            Self::Attention(block) => {
                let block = block.clone();
                pass.execution.block(&[x], move |inputs| block.forward(&inputs[0]))
            }
        }
    }
}
