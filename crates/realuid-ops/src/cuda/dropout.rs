#![allow(unsafe_code)]

use std::sync::Arc;

use super::{Argument, Array, Context, CudaBackward, CudaKernel, Launch, View};
use crate::Result;
use crate::dropout::Dropout;

impl Dropout {
    fn masked(&self, context: &Arc<Context>, x: View<'_>) -> Result<Array> {
        let out = Array::stale(context, x.dtype, x.len)?;
        // A value is a multiple of 2^-53; it is below the rate if the multiple is below this.
        let threshold = (self.rate * 2.0_f64.powi(53)).ceil() as u64;
        let arguments = [
            x.into(),
            (&out).into(),
            x.len.into(),
            Argument::U64(self.mask.key),
            Argument::U64(self.mask.lane),
            Argument::U64(threshold),
            ((1.0 / (1.0 - self.rate)) as f32).into(),
        ];
        let launch = Launch::elements(x.len.div_ceil(2));
        // SAFETY: `dropout` takes the argument, the result, their length, a stream's key and lane, a
        // threshold and a factor.
        unsafe { context.launch(["dropout", "dropout"], x.dtype, launch, &arguments)? };
        Ok(out)
    }
}

impl CudaKernel<1> for Dropout {
    type Kept = ();

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        [x]: [Option<View<'_>>; 1],
    ) -> Result<(Array, ())> {
        Ok((self.masked(context, x.expect("dropout has an argument"))?, ()))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, (), 1>,
    ) -> Result<[Option<Arc<Array>>; 1]> {
        Ok([Some(Arc::new(self.masked(context, pass.gradient.view())?))])
    }
}
