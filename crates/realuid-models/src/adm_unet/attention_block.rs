use candle_core::Tensor;
use realuid_ops::{Conv2dConfig, GroupNorm, attention, conv2d, group_norm};

use crate::Result;
use crate::layers::group_norm32;
use crate::scope::{Init, Scope};

/// How the rows of the `qkv` projection are laid out.
#[derive(Clone, Copy)]
pub(crate) enum AttentionOrder {
    /// Head by head: each head's queries, keys, values.
    HeadsFirst,
    /// All queries, all keys, all values, each head by head.
    QueriesFirst,
}

/// Self-attention between the pixels of a feature map, with a skip connection.
pub(crate) struct AttentionBlock {
    norm: GroupNorm,
    qkv: PixelwiseLinear,
    output: PixelwiseLinear,
    heads: usize,
    order: AttentionOrder,
}

impl AttentionBlock {
    pub fn new(
        mut scope: Scope,
        channels: usize,
        heads: usize,
        order: AttentionOrder,
    ) -> Result<Self> {
        let init = Init::FanIn(channels);
        Ok(Self {
            norm: group_norm32(scope.at("norm"), channels)?,
            qkv: PixelwiseLinear::new(scope.at("qkv"), channels, 3 * channels, init)?,
            output: PixelwiseLinear::new(scope.at("proj_out"), channels, channels, Init::Zeros)?,
            heads,
            order,
        })
    }

    /// [B, C, H, W] -> same shape.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (b, c, h, w) = x.dims4()?;
        let width = c / self.heads;
        let qkv = self.qkv.forward(&group_norm(x, &self.norm)?)?;
        let [q, k, v] = self.split(&qkv.reshape((b, 3 * c, h * w))?)?;
        let mixed = attention(&q, &k, &v, (width as f64).sqrt().recip())?;
        let mixed = mixed.transpose(2, 3)?.reshape((b, c, h, w))?;
        Ok((x + self.output.forward(&mixed)?)?)
    }

    /// [B, 3C, T] -> queries, keys and values, each [B, heads, T, C / heads].
    fn split(&self, qkv: &Tensor) -> Result<[Tensor; 3]> {
        let (b, rows, t) = qkv.dims3()?;
        let width = rows / (3 * self.heads);
        let (qkv, axis) = match self.order {
            AttentionOrder::HeadsFirst => (qkv.reshape((b, self.heads, 3, width, t))?, 2),
            AttentionOrder::QueriesFirst => (qkv.reshape((b, 3, self.heads, width, t))?, 1),
        };
        let part = |i| qkv.narrow(axis, i, 1)?.squeeze(axis)?.transpose(2, 3);
        Ok([part(0)?, part(1)?, part(2)?])
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

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(conv2d(x, &self.weight.unsqueeze(3)?, Some(&self.bias), Conv2dConfig::default())?)
    }
}
