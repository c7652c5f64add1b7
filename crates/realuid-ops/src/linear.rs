use candle_core::Tensor;

use crate::Result;

/// `x` [.., I] times `weight` [O, I] transposed, plus `bias` [O] -> [.., O].
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let y = x.broadcast_matmul(&weight.t()?)?;
    Ok(match bias {
        Some(b) => y.broadcast_add(b)?,
        None => y,
    })
}
