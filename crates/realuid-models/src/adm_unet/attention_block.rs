use candle_core::Tensor;
use realuid_ops::{GroupNorm, HeadOrder, Value, group_norm, linear_plus, self_attention};

use crate::Result;
use crate::layers::group_norm32;
use crate::scope::{Init, Scope};

/// Self-attention between the pixels of a feature map, with a skip connection.
pub(crate) struct AttentionBlock {
    norm: GroupNorm,
    qkv: PixelwiseLinear,
    output: PixelwiseLinear,
    heads: usize,
    order: HeadOrder,
}

impl AttentionBlock {
    pub fn new(mut scope: Scope, channels: usize, heads: usize, order: HeadOrder) -> Result<Self> {
        let init = Init::FanIn(channels);
        Ok(Self {
            norm: group_norm32(scope.at("norm"), channels)?,
            qkv: PixelwiseLinear::new(scope.at("qkv"), channels, 3 * channels, init)?,
            output: PixelwiseLinear::new(scope.at("proj_out"), channels, channels, Init::Zeros)?,
            heads,
            order,
        })
    }

    /// [B, H, W, C] -> same shape.
    pub fn forward(&self, x: &Value) -> realuid_ops::Result<Value> {
        let (batch, channels) = (x.dims()[0], x.dims()[3]);
        let tokens = x.reshape((batch, x.elem_count() / (batch * channels), channels))?;
        let qkv = self.qkv.forward(&group_norm(&tokens, &self.norm)?, None)?;
        let mixed = self_attention(&qkv, self.heads, self.order)?;
        self.output.forward(&mixed, Some(&tokens))?.reshape(x.shape().clone())
    }
}

/// The same linear map at every pixel; its weight [O, I, 1] is published as a one-dimensional
/// convolution's.
struct PixelwiseLinear {
    weight: Tensor,
    bias: Tensor,
}

impl PixelwiseLinear {
    fn new(mut scope: Scope, inputs: usize, outputs: usize, init: Init) -> Result<Self> {
        Ok(Self {
            weight: scope.tensor("weight", &[outputs, inputs, 1], init)?,
            bias: scope.tensor("bias", &[outputs], init)?,
        })
    }

    /// [B, T, I] -> [B, T, O], plus `residual` [B, T, O].
    fn forward(&self, x: &Value, residual: Option<&Value>) -> realuid_ops::Result<Value> {
        linear_plus(x, &self.weight, Some(&self.bias), residual)
    }
}
