//! Other dtypes on a GPU.
#![allow(unsafe_code)]

use std::sync::Arc;

use candle_core::DType;

use super::{Array, Context, Launch, View};
use crate::Result;

/// The elements of `x`, F32, BF16 or F16, in `dtype`, another of these.
pub(crate) fn cast(context: &Arc<Context>, x: View<'_>, dtype: DType) -> Result<Array> {
    let out = Array::stale(context, dtype, x.len)?;
    let name = match x.dtype {
        DType::BF16 => "cast_from_bf16",
        DType::F16 => "cast_from_f16",
        _ => "cast_from_f32",
    };
    let arguments = [x.into(), (&out).into(), x.len.into()];
    let launch = Launch::elements(x.len.div_ceil(4));
    // SAFETY: the kernel takes elements of the dtype in its name, the result and their length.
    unsafe { context.launch(["cast", name], dtype, launch, &arguments)? };
    Ok(out)
}
