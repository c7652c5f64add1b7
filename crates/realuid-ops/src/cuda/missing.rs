//! Operations that do not run on GPUs yet.

use std::sync::Arc;

use super::{Array, Context, CudaBackward, CudaKernel, View};
use crate::error::argument;
use crate::tape::Kernel;
use crate::{Error, Result};

macro_rules! missing {
    ($kernel:ty, $n:literal) => {
        impl CudaKernel<$n> for $kernel {
            type Kept = ();

            fn cuda_forward(
                &self,
                _: &Arc<Context>,
                _: [Option<View<'_>>; $n],
            ) -> Result<(Array, ())> {
                Err(not_yet(<Self as Kernel<$n>>::NAME))
            }

            fn cuda_backward(
                &self,
                _: &Arc<Context>,
                _: CudaBackward<'_, (), $n>,
            ) -> Result<[Option<Arc<Array>>; $n]> {
                Err(not_yet(<Self as Kernel<$n>>::NAME))
            }
        }
    };
}

missing!(crate::convolution::FusedConvolution, 8);

impl<A: crate::norm::Activation> CudaKernel<4> for crate::norm::Normalise<A> {
    type Kept = ();

    fn cuda_forward(&self, _: &Arc<Context>, _: [Option<View<'_>>; 4]) -> Result<(Array, ())> {
        Err(not_yet(A::NAME))
    }

    fn cuda_backward(
        &self,
        _: &Arc<Context>,
        _: CudaBackward<'_, (), 4>,
    ) -> Result<[Option<Arc<Array>>; 4]> {
        Err(not_yet(A::NAME))
    }
}

fn not_yet(operation: &'static str) -> Error {
    argument(operation, "tensors on the CPU, where alone it runs", "tensors on a GPU")
}
