//! Softmax of rows.
#![allow(unsafe_code)]

use std::sync::Arc;

use super::{Array, Context, CudaBackward, CudaKernel, Launch, View};
use crate::Result;
use crate::softmax::Softmax;

/// Columns up to which a warp takes a row; a whole block takes a longer one.
const COLUMNS_OF_A_WARP: usize = 1024;

/// The kernels of `softmax.cu` for rows of some length.
struct Kernels {
    forward: &'static str,
    backward: &'static str,
    launch: Launch,
}

impl Kernels {
    fn of(rows: usize, columns: usize) -> Self {
        const THREADS: u32 = 256;
        if columns <= COLUMNS_OF_A_WARP {
            let launch = Launch::elements(rows * 32);
            let (forward, backward) = ("softmax_forward_by_warps", "softmax_backward_by_warps");
            return Self { forward, backward, launch };
        }
        let launch = Launch::rows(rows, THREADS);
        let (forward, backward) = ("softmax_forward_by_blocks", "softmax_backward_by_blocks");
        Self { forward, backward, launch }
    }
}

impl CudaKernel<1> for Softmax {
    type Kept = ();

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        [x]: [Option<View<'_>>; 1],
    ) -> Result<(Array, ())> {
        let x = x.expect("softmax has an argument");
        let out = Array::stale(context, x.dtype, x.len)?;
        let rows = x.len / self.columns;
        let arguments = [x.into(), (&out).into(), rows.into(), self.columns.into()];
        let Kernels { forward, launch, .. } = Kernels::of(rows, self.columns);
        // SAFETY: the kernels take the argument, the result and their sizes.
        unsafe { context.launch(["softmax", forward], x.dtype, launch, &arguments)? };
        Ok((out, ()))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, (), 1>,
    ) -> Result<[Option<Arc<Array>>; 1]> {
        let p = pass.output.expect("softmax keeps its result");
        let out = Array::stale(context, p.dtype, p.len)?;
        let (rows, gradient) = (p.len / self.columns, pass.gradient.view());
        let arguments =
            [p.into(), gradient.into(), (&out).into(), rows.into(), self.columns.into()];
        let Kernels { backward, launch, .. } = Kernels::of(rows, self.columns);
        // SAFETY: the kernels take probabilities, two gradients and their sizes.
        unsafe { context.launch(["softmax", backward], p.dtype, launch, &arguments)? };
        Ok([Some(Arc::new(out))])
    }
}
