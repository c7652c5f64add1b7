#![allow(unsafe_code)]

use std::sync::Arc;

use super::{Array, Context, CudaBackward, CudaKernel, Launch, View};
use crate::Result;
use crate::softplus::Softplus;

impl CudaKernel<1> for Softplus {
    type Kept = ();

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        [x]: [Option<View<'_>>; 1],
    ) -> Result<(Array, ())> {
        let x = x.expect("softplus has an argument");
        let out = Array::stale(context, x.dtype, x.len)?;
        let (names, launch) = (["softplus", "softplus_forward"], Launch::elements(x.len));
        let arguments = [x.into(), (&out).into(), x.len.into()];
        // SAFETY: `softplus_forward` takes the argument, the result and their length.
        unsafe { context.launch(names, x.dtype, launch, &arguments)? };
        Ok((out, ()))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, (), 1>,
    ) -> Result<[Option<Arc<Array>>; 1]> {
        let x = pass.inputs[0].expect("softplus keeps its argument");
        let out = Array::stale(context, x.dtype, x.len)?;
        let (names, launch) = (["softplus", "softplus_backward"], Launch::elements(x.len));
        let arguments = [x.into(), pass.gradient.view().into(), (&out).into(), x.len.into()];
        // SAFETY: `softplus_backward` takes the argument, two gradients and their length.
        unsafe { context.launch(names, x.dtype, launch, &arguments)? };
        Ok([Some(Arc::new(out))])
    }
}
