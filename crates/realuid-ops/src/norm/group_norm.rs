use candle_core::Tensor;

use super::kernel::Normalise;
use super::{Identity, Silu, Sizes};
use crate::error::argument;
use crate::tape::apply;
use crate::{Result, Value};

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

/// Group normalisation of `x` [B, .., C] -> same shape (Wu and He 2018).
///
/// Mean and (biased) variance are taken over the channels of a group and all axes between the first
/// and the last.
pub fn group_norm(x: &Value, norm: &GroupNorm) -> Result<Value> {
    let sizes = check("group_norm", x, norm)?;
    let (weight, bias) = (x.join(&norm.weight)?, x.join(&norm.bias)?);
    let kernel = Normalise::<Identity>::new(x.shape(), sizes, norm.eps);
    apply(kernel, [Some(x), Some(&weight), Some(&bias), None])
}

/// `silu(group_norm(x))` in one pass. With a `modulation` [B, 2C], scale beside shift:
/// `silu(group_norm(x) * (1 + scale) + shift)`, which is how an ADM residual block takes its
/// embedding (Dhariwal and Nichol 2021, adaptive group normalisation).
pub fn group_norm_silu(x: &Value, norm: &GroupNorm, modulation: Option<&Value>) -> Result<Value> {
    let sizes = check("group_norm_silu", x, norm)?;
    check_modulation("group_norm_silu", sizes, modulation)?;
    let (weight, bias) = (x.join(&norm.weight)?, x.join(&norm.bias)?);
    let kernel = Normalise::<Silu>::new(x.shape(), sizes, norm.eps);
    apply(kernel, [Some(x), Some(&weight), Some(&bias), modulation])
}

/// The sizes of a normalisation, if `norm` fits `x`.
pub(crate) fn check(operation: &'static str, x: &Value, norm: &GroupNorm) -> Result<Sizes> {
    let &[batch, .., channels] = x.dims() else {
        let found = format!("{:?}", x.dims());
        return Err(argument(operation, "a non-empty x [B, .., C]", found));
    };
    if x.elem_count() == 0 {
        let found = format!("{:?}", x.dims());
        return Err(argument(operation, "a non-empty x [B, .., C]", found));
    }
    if norm.groups == 0 || channels % norm.groups != 0 {
        let expected = format!("a number of groups that divides {channels} channels");
        return Err(argument(operation, expected, norm.groups.to_string()));
    }
    if norm.weight.dims() != [channels] || norm.bias.dims() != [channels] {
        let found = format!("weight {:?}, bias {:?}", norm.weight.dims(), norm.bias.dims());
        return Err(argument(operation, format!("weight and bias [{channels}]"), found));
    }
    let positions = x.elem_count() / (batch * channels);
    Ok(Sizes { batch, positions, channels, groups: norm.groups })
}

/// Refuses a modulation that is not [B, 2C].
pub(crate) fn check_modulation(
    operation: &'static str,
    sizes: Sizes,
    modulation: Option<&Value>,
) -> Result<()> {
    let expected = [sizes.batch, 2 * sizes.channels];
    match modulation {
        Some(modulation) if modulation.dims() != expected => {
            let found = format!("{:?}", modulation.dims());
            Err(argument(operation, format!("a modulation {expected:?}"), found))
        }
        _ => Ok(()),
    }
}
