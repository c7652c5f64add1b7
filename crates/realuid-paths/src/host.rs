use candle_core::{DType, Device, Tensor};

use crate::Result;

/// The values of a tensor `[B]` in f64, in host memory.
pub(crate) fn values(tensor: &Tensor) -> Result<Vec<f64>> {
    Ok(tensor.to_dtype(DType::F64)?.to_vec1()?)
}

/// Values as a tensor `[B]` of the dtype and on the device of `like`.
pub(crate) fn tensor_like(values: Vec<f64>, like: &Tensor) -> Result<Tensor> {
    let count = values.len();
    let tensor = Tensor::from_vec(values, count, &Device::Cpu)?;
    Ok(tensor.to_dtype(like.dtype())?.to_device(like.device())?)
}

/// The number below which two numbers of a dtype differ by rounding alone, relative to their size.
pub(crate) fn epsilon(dtype: DType) -> f64 {
    if dtype == DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) }
}
