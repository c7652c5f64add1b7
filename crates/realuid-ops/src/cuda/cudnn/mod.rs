//! Convolutions of channels-last images through cuDNN.

mod algorithm;
mod descriptors;
mod plan;
mod run;

pub(super) use plan::Cudnn;
pub(super) use run::{forward, input_gradient, weight_gradient};

use candle_core::DType;
use candle_core::cuda::cudarc::cudnn::CudnnError;

use crate::Error;
use crate::convolution::Geometry;
use crate::error::argument;

/// What a convolution is planned for: everything that decides about algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Task {
    pub pass: Pass,
    pub geometry: Geometry,
    pub dtype: DType,
    /// Whether factors of dtype F32 may be rounded to TF32.
    pub tf32: bool,
}

/// Which of three arrays is computed from the other two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pass {
    Forward,
    InputGradient,
    WeightGradient,
}

impl Task {
    /// What is said when cuDNN refuses to do `what` for this.
    fn refused(&self, what: &str, error: CudnnError) -> Error {
        argument("conv2d", format!("cuDNN to {what} for {self:?}"), error.to_string())
    }
}
