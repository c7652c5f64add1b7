use candle_core::Tensor;

use crate::{Error, Result};

/// Refuses a sample or time that does not fit the network; returns `t` in the dtype of `x`.
pub(crate) fn check_input(x: &Tensor, t: &Tensor, data_shape: &[usize]) -> Result<Tensor> {
    let argument = |expected: String, found: String| Error::Argument {
        operation: "forward pass of a network",
        expected,
        found,
    };
    let [batch, shape @ ..] = x.dims() else {
        return Err(argument(format!("x of shape [B, ..{data_shape:?}]"), "a scalar".into()));
    };
    if shape != data_shape {
        return Err(argument(
            format!("x of shape [B, ..{data_shape:?}]"),
            format!("x of shape {:?}", x.dims()),
        ));
    }
    if t.dims() != [*batch] {
        return Err(argument(
            format!("one time per sample, t of shape [{batch}]"),
            format!("t of shape {:?}", t.dims()),
        ));
    }
    Ok(t.to_dtype(x.dtype())?)
}
