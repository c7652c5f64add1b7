#![allow(unsafe_code)]

use std::sync::Arc;

use super::{Array, Context, CudaBackward, CudaKernel, Launch, View};
use crate::Result;
use crate::channels::{ChannelOrder, Transposition};

impl Transposition {
    /// Every matrix of `x` transposed.
    fn on_device(self, context: &Arc<Context>, x: View<'_>) -> Result<Array> {
        let out = Array::stale(context, x.dtype, x.len)?;
        let (names, launch) = (["transpose", "transpose"], Launch::elements(x.len));
        let arguments =
            [x.into(), (&out).into(), x.len.into(), self.rows.into(), self.columns.into()];
        // SAFETY: `transpose` takes the argument, the result, their length, rows and columns.
        unsafe { context.launch(names, x.dtype, launch, &arguments)? };
        Ok(out)
    }
}

impl CudaKernel<1> for ChannelOrder {
    type Kept = ();

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        [x]: [Option<View<'_>>; 1],
    ) -> Result<(Array, ())> {
        let x = x.expect("images to bring into order");
        Ok((self.transposition.on_device(context, x)?, ()))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, (), 1>,
    ) -> Result<[Option<Arc<Array>>; 1]> {
        let inverse = self.transposition.inverse();
        Ok([Some(Arc::new(inverse.on_device(context, pass.gradient.view())?))])
    }
}
