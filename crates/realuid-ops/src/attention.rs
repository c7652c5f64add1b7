use candle_core::Tensor;

use crate::{Result, softmax};

/// softmax(scale * q k^T) v over `q` [B, H, T, D], `k` [B, H, S, D], `v` [B, H, S, E] -> [B, H, T, E].
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, scale: f64) -> Result<Tensor> {
    let scores = (q.contiguous()?.matmul(&k.t()?.contiguous()?)? * scale)?;
    Ok(softmax(&scores)?.matmul(&v.contiguous()?)?)
}
