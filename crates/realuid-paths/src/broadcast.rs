use candle_core::Tensor;

use crate::{Error, Result};

/// One value per item, `[B]`, shaped to broadcast over `like` [B, ..] and in its dtype.
pub(crate) fn per_item(values: &Tensor, like: &Tensor, operation: &'static str) -> Result<Tensor> {
    check_items(values, like, operation)?;
    let mut shape = vec![1; like.rank()];
    shape[0] = values.dims()[0];
    Ok(values.reshape(shape)?.to_dtype(like.dtype())?)
}

/// `values` `[B]` times `tensor` [B, ..], item by item.
pub(crate) fn scale_items(
    values: &Tensor,
    tensor: &Tensor,
    operation: &'static str,
) -> Result<Tensor> {
    Ok(tensor.broadcast_mul(&per_item(values, tensor, operation)?)?)
}

/// Fails unless `values` is `[B]` for a `tensor` of shape [B, ..].
pub(crate) fn check_items(values: &Tensor, tensor: &Tensor, operation: &'static str) -> Result<()> {
    if values.rank() == 1 && tensor.dims().first() == values.dims().first() {
        return Ok(());
    }
    Err(Error::argument(
        operation,
        "one time or coefficient per item: [B] beside a tensor [B, ..]",
        format!("{:?} beside {:?}", values.dims(), tensor.dims()),
    ))
}

/// Fails unless the two tensors have one shape.
pub(crate) fn check_same_shape(
    expected: &Tensor,
    found: &Tensor,
    operation: &'static str,
) -> Result<()> {
    if expected.dims() == found.dims() {
        return Ok(());
    }
    Err(Error::argument(
        operation,
        format!("tensors of one shape, {:?}", expected.dims()),
        format!("{:?}", found.dims()),
    ))
}
