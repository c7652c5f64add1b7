use candle_core::Tensor;

use crate::Result;

/// x * sigmoid(x), elementwise, any shape.
pub fn silu(x: &Tensor) -> Result<Tensor> {
    Ok(x.silu()?)
}
