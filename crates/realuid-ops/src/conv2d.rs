use candle_core::Tensor;

use crate::Result;

/// Geometry of a two-dimensional convolution, the same in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dConfig {
    /// Distance between output positions, in input pixels; at least 1.
    pub stride: usize,
    /// Zeros added on every side, in pixels.
    pub padding: usize,
}

impl Default for Conv2dConfig {
    fn default() -> Self {
        Self { stride: 1, padding: 0 }
    }
}

/// Cross-correlation of `x` [B, C, H, W] with `weight` [O, C, K, K], plus `bias` [O] -> [B, O, H', W'].
pub fn conv2d(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, config: Conv2dConfig) -> Result<Tensor> {
    let y = x.conv2d(weight, config.padding, config.stride, 1, 1)?;
    Ok(match bias {
        Some(b) => y.broadcast_add(&b.reshape((1, (), 1, 1))?)?,
        None => y,
    })
}
