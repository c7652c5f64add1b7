use candle_core::Tensor;

use crate::Result;
use crate::reduce::{check_same_shape, sum_then_mean};

/// The matching loss |prediction - target|^2: summed over all axes but the batch, times the item's
/// `weight` `[B]` if given, averaged over the batch.
///
/// `prediction` and `target` are [B, ..] of one shape; the result is a scalar. Its minimiser over
/// predictions is the conditional mean of the target (Lipman et al., arXiv 2210.02747, equation 9).
pub fn matching_loss(
    prediction: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
) -> Result<Tensor> {
    const DOING: &str = "matching loss";
    check_same_shape(prediction, target, DOING)?;
    sum_then_mean(&(prediction - target)?.sqr()?, weight, DOING)
}
