use candle_core::DType;

use crate::cuda::{Argument, View};

/// The two arguments that `Parameter` of `kernels/norm_parameter.cuh` is made of.
pub(crate) fn parameter(view: Option<View<'_>>) -> [Argument; 2] {
    [view.into(), type_code(view.map_or(DType::F32, |view| view.dtype))]
}

/// The number by which kernels know a dtype.
pub(crate) fn type_code(dtype: DType) -> Argument {
    Argument::U32(match dtype {
        DType::BF16 => 1,
        DType::F16 => 2,
        _ => 0,
    })
}
