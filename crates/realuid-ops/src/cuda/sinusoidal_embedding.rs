#![allow(unsafe_code)]

use candle_core::{DType, Tensor};

use super::{Array, Context, Launch};
use crate::Result;
use crate::tape::Data;

/// The embedding of `t` [B] of f32, contiguous, -> [B, dim].
pub(crate) fn sinusoidal_embedding(t: &Tensor, dim: usize) -> Result<Tensor> {
    let context = Context::of(t.device().as_cuda_device()?);
    let (data, count) = (Data::Tensor(t.clone()), t.elem_count());
    let out = Array::stale(&context, DType::F32, count * dim)?;
    let elements = data.on_device();
    let arguments = [elements.view()?.into(), (&out).into(), count.into(), dim.into()];
    let (names, launch) =
        (["sinusoidal_embedding", "sinusoidal_embedding"], Launch::elements(out.len()));
    // SAFETY: `sinusoidal_embedding` takes times, the result, the number of times and the width.
    unsafe { context.launch(names, DType::F32, launch, &arguments)? };
    Ok(out.into_tensor(&(count, dim).into()))
}
