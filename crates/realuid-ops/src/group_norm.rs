use candle_core::Tensor;

use crate::Result;
use crate::error::argument;
use crate::group_norm_kernel::{Identity, Normalise, Silu};
use crate::kernel::apply3;

/// The learned scale and shift of a group normalisation, and how it groups.
#[derive(Clone, Debug)]
pub struct GroupNorm {
    /// Scale, `[C]`.
    pub weight: Tensor,
    /// Shift, `[C]`.
    pub bias: Tensor,
    /// Number of groups; divides C.
    pub groups: usize,
    /// Added to the variance.
    pub eps: f64,
}

/// Group normalisation of `x` [B, C, ...] -> same shape (Wu and He 2018).
///
/// Mean and (biased) variance are taken over the channels of a group and all trailing axes.
pub fn group_norm(x: &Tensor, norm: &GroupNorm) -> Result<Tensor> {
    let sizes = check("group_norm", x, norm)?;
    let kernel = Normalise::<Identity>::new(x.shape(), sizes, norm);
    apply3(kernel, [x, &norm.weight, &norm.bias])
}

/// `silu(group_norm(x))` in one pass.
pub fn group_norm_silu(x: &Tensor, norm: &GroupNorm) -> Result<Tensor> {
    let sizes = check("group_norm_silu", x, norm)?;
    let kernel = Normalise::<Silu>::new(x.shape(), sizes, norm);
    apply3(kernel, [x, &norm.weight, &norm.bias])
}

/// `silu(group_norm(x) * (1 + scale) + shift)` in one pass, `scale` and `shift` [B, C]: how an ADM
/// residual block takes its embedding (Dhariwal and Nichol 2021, adaptive group normalisation).
pub fn group_norm_scale_shift_silu(
    x: &Tensor,
    norm: &GroupNorm,
    scale: &Tensor,
    shift: &Tensor,
) -> Result<Tensor> {
    const NAME: &str = "group_norm_scale_shift_silu";
    let sizes = check(NAME, x, norm)?;
    let expected = &x.dims()[..2];
    if scale.dims() != expected || shift.dims() != expected {
        let found = format!("scale {:?}, shift {:?}", scale.dims(), shift.dims());
        return Err(argument(NAME, format!("scale and shift {expected:?}"), found));
    }
    // Both affine maps as one, per image and channel: these tensors are small.
    let scale = (scale + 1.0)?;
    let weight = scale.broadcast_mul(&norm.weight)?;
    let bias = (scale.broadcast_mul(&norm.bias)? + shift)?;
    apply3(Normalise::<Silu>::per_image(x.shape(), sizes, norm), [x, &weight, &bias])
}

/// How x divides: `groups` in the whole batch, `channels` each, of `length` elements.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub groups: usize,
    pub channels: usize,
    pub length: usize,
}

fn check(operation: &'static str, x: &Tensor, norm: &GroupNorm) -> Result<Sizes> {
    if x.rank() < 2 || x.elem_count() == 0 {
        let found = format!("{:?}", x.dims());
        return Err(argument(operation, "a non-empty x [B, C, ...]", found));
    }
    let (batch, channels) = (x.dims()[0], x.dims()[1]);
    if norm.groups == 0 || channels % norm.groups != 0 {
        let expected = format!("a number of groups that divides {channels} channels");
        return Err(argument(operation, expected, norm.groups.to_string()));
    }
    if norm.weight.dims() != [channels] || norm.bias.dims() != [channels] {
        let found = format!("weight {:?}, bias {:?}", norm.weight.dims(), norm.bias.dims());
        return Err(argument(operation, format!("weight and bias [{channels}]"), found));
    }
    Ok(Sizes {
        groups: batch * norm.groups,
        channels: channels / norm.groups,
        length: x.elem_count() / (batch * channels),
    })
}
