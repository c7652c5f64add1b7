use candle_core::{D, Tensor};

use crate::{Result, silu};

/// The learned scale and shift of a group normalisation, and how it groups.
#[derive(Clone, Debug)]
pub struct GroupNorm {
    /// Scale, [C].
    pub weight: Tensor,
    /// Shift, [C].
    pub bias: Tensor,
    /// Number of groups; divides C.
    pub groups: usize,
    /// Added to the variance.
    pub eps: f64,
}

/// Group normalisation of `x` [B, C, ...] -> same shape (Wu and He 2018).
pub fn group_norm(x: &Tensor, norm: &GroupNorm) -> Result<Tensor> {
    let dims = x.dims().to_vec();
    let (b, c) = (dims[0], dims[1]);
    let g = x.reshape((b, norm.groups, ()))?;
    let g = g.broadcast_sub(&g.mean_keepdim(D::Minus1)?)?;
    let var = g.sqr()?.mean_keepdim(D::Minus1)?;
    let g = g.broadcast_div(&(var + norm.eps)?.sqrt()?)?.reshape((b, c, ()))?;
    let y = g.broadcast_mul(&norm.weight.reshape((1, c, 1))?)?;
    Ok(y.broadcast_add(&norm.bias.reshape((1, c, 1))?)?.reshape(dims)?)
}

/// `silu(group_norm(x))` in one pass.
pub fn group_norm_silu(x: &Tensor, norm: &GroupNorm) -> Result<Tensor> {
    silu(&group_norm(x, norm)?)
}
