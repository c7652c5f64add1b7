use candle_core::{DType, Tensor};

use crate::Result;
use crate::reduce::{check_items, check_same_shape};

/// No item counts for more than the inverse of this, as in the published code: a teacher that is
/// right to the last digit would make its weight infinite.
const SMALLEST_ERROR: f64 = 1e-5;

/// Weight of each item that evens out how far its generated sample is from what the teacher makes of
/// it: 1 / mean|data - teacher|, `[B]`, the mean over all axes but the batch; without gradient.
///
/// `data` are the generated samples and `teacher` the teacher's prediction of the data at their x_t,
/// both [B, ..]. It is C / |data - teacher|_1, C the number of values of a sample, of score identity
/// distillation (arXiv 2404.04057, omega(t) of its loss) and of distribution matching
/// distillation (arXiv 2311.18828, equation 8). Errors below 1e-5 are taken as that.
pub fn data_normaliser(teacher: &Tensor, data: &Tensor) -> Result<Tensor> {
    const DOING: &str = "normalising by the teacher's error";
    check_same_shape(teacher, data, DOING)?;
    check_items(data, DOING)?;
    // Detached: it is a weight. Its gradient would move samples towards larger errors.
    let error = (teacher.detach() - data.detach())?.abs()?;
    let working = if error.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
    let error = error.to_dtype(working)?;
    let mean = if error.rank() == 1 { error } else { error.flatten_from(1)?.mean(1)? };
    Ok(mean.maximum(SMALLEST_ERROR)?.recip()?.to_dtype(data.dtype())?)
}
