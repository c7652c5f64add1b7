#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use candle_core::cuda::cudarc::cudnn::{CudnnError, sys};

use super::descriptors::Descriptors;
use super::{Pass, Task};
use crate::Result;
use crate::error::argument;

/// More scratch memory than this would be taken from activations.
const MOST_WORKSPACE: usize = 512 << 20;

/// How cuDNN computes one pass.
#[derive(Clone, Copy, Debug)]
pub(super) enum Algorithm {
    Forward(sys::cudnnConvolutionFwdAlgo_t),
    InputGradient(sys::cudnnConvolutionBwdDataAlgo_t),
    WeightGradient(sys::cudnnConvolutionBwdFilterAlgo_t),
}

/// An algorithm and what it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub algorithm: Algorithm,
    /// Bytes.
    pub workspace: usize,
    pub math: sys::cudnnMathType_t,
    status: sys::cudnnStatus_t,
    determinism: sys::cudnnDeterminism_t,
}

impl Choice {
    /// The fastest, as cuDNN estimates without measuring, of those that fit into the workspace and
    /// give the same bits on every run; where no such exists, the fastest that fits.
    pub fn of(handle: sys::cudnnHandle_t, task: &Task, descriptors: &Descriptors) -> Result<Self> {
        let all = match task.pass {
            Pass::Forward => forward(handle, descriptors),
            Pass::InputGradient => input_gradient(handle, descriptors),
            Pass::WeightGradient => weight_gradient(handle, descriptors),
        };
        let all = all.map_err(|error| task.refused("list algorithms", error))?;
        let fits = |choice: &&Self| {
            choice.status == sys::cudnnStatus_t::CUDNN_STATUS_SUCCESS
                && choice.workspace <= MOST_WORKSPACE
        };
        let repeatable =
            |choice: &&Self| choice.determinism == sys::cudnnDeterminism_t::CUDNN_DETERMINISTIC;
        let fitting = || all.iter().filter(fits);
        let found = fitting().find(repeatable).or_else(|| fitting().next());
        found.copied().ok_or_else(|| {
            let expected = format!("an algorithm of cuDNN with at most 512 MiB for {task:?}");
            argument("conv2d", expected, format!("{all:?}"))
        })
    }
}

type Choices = std::result::Result<Vec<Choice>, CudnnError>;

/// A function that asks cuDNN for algorithms: its name, that of what it fills in, the variant of
/// [`Algorithm`] and the descriptors in its order.
macro_rules! query {
    ($name:ident, $ask:ident, $found:ident, $variant:ident, [$($descriptor:ident),*]) => {
        fn $name(handle: sys::cudnnHandle_t, descriptors: &Descriptors) -> Choices {
            /// No pass has more algorithms.
            const MOST: usize = 16;
            let mut found = [const { MaybeUninit::<sys::$found>::uninit() }; MOST];
            let mut count = 0;
            // SAFETY: handle and descriptors live, and there is room for as many answers as asked for.
            unsafe {
                sys::$ask(
                    handle,
                    $(descriptors.$descriptor,)*
                    MOST as i32,
                    &raw mut count,
                    found.as_mut_ptr().cast(),
                )
            }
            .result()?;
            let count = usize::try_from(count).unwrap_or(0).min(MOST);
            Ok(found[..count]
                .iter()
                .map(|found| {
                    // SAFETY: cuDNN filled in the first `count`.
                    let found = unsafe { found.assume_init() };
                    Choice {
                        algorithm: Algorithm::$variant(found.algo),
                        workspace: found.memory,
                        math: found.mathType,
                        status: found.status,
                        determinism: found.determinism,
                    }
                })
                .collect())
        }
    };
}

query!(
    forward,
    cudnnGetConvolutionForwardAlgorithm_v7,
    cudnnConvolutionFwdAlgoPerf_t,
    Forward,
    [x, weight, convolution, y]
);
query!(
    input_gradient,
    cudnnGetConvolutionBackwardDataAlgorithm_v7,
    cudnnConvolutionBwdDataAlgoPerf_t,
    InputGradient,
    [weight, y, convolution, x]
);
query!(
    weight_gradient,
    cudnnGetConvolutionBackwardFilterAlgorithm_v7,
    cudnnConvolutionBwdFilterAlgoPerf_t,
    WeightGradient,
    [x, y, convolution, weight]
);
