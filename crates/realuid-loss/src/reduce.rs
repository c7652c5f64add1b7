use candle_core::Tensor;

use crate::{Error, Result};

/// Sum over all axes but the batch, times `weight` `[B]` if any, mean over the batch: a scalar.
///
/// This is the reduction of the official code; learning rates and gradient clipping depend on it.
pub(crate) fn sum_then_mean(
    values: &Tensor,
    weight: Option<&Tensor>,
    operation: &'static str,
) -> Result<Tensor> {
    let batch = check_items(values, operation)?;
    let per_item = match values.rank() {
        1 => values.clone(),
        _ => values.flatten_from(1)?.sum(1)?,
    };
    let Some(weight) = weight else { return Ok(per_item.mean(0)?) };
    if weight.dims() != per_item.dims() {
        let found = format!("{:?}", weight.dims());
        return Err(shape_error(operation, format!("a weight per item, [{batch}]"), found));
    }
    Ok((per_item * weight)?.mean(0)?)
}

/// The number of items of a tensor [B, ..]; there must be one.
pub(crate) fn check_items(values: &Tensor, operation: &'static str) -> Result<usize> {
    match values.dims() {
        [] => Err(shape_error(operation, "tensors [B, ..]", "a scalar")),
        [0, ..] => Err(shape_error(operation, "at least one item in the batch", "none")),
        [batch, ..] => Ok(*batch),
    }
}

pub(crate) fn check_same_shape(a: &Tensor, b: &Tensor, operation: &'static str) -> Result<()> {
    if a.dims() == b.dims() {
        return Ok(());
    }
    let expected = format!("tensors of one shape, {:?}", a.dims());
    Err(shape_error(operation, expected, format!("{:?}", b.dims())))
}

pub(crate) fn shape_error(
    operation: &'static str,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> Error {
    Error::Shape { operation, expected: expected.into(), found: found.into() }
}
