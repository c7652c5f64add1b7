//! Nearest upsampling and average pooling: repeating into blocks of pixels, and summing over them.
#![allow(unsafe_code)]

use std::sync::Arc;

use super::pack::pack_width;
use super::{Array, Context, CudaBackward, CudaKernel, Launch, View};
use crate::Result;
use crate::blocks::Blocks;
use crate::pool::AveragePool;
use crate::upsample::Upsample;

impl Blocks {
    /// Every pixel of `x`, times `scale`, in all pixels of its block.
    fn repeat_on_device(self, context: &Arc<Context>, x: View<'_>, scale: f32) -> Result<Array> {
        let out = Array::stale(context, x.dtype, x.len * self.factor * self.factor)?;
        self.launch(["repeat_blocks", "repeat_blocks_wide"], x, &out, scale)?;
        Ok(out)
    }

    /// The sums of the blocks of `x`, times `scale`.
    pub(super) fn sum_on_device(
        self,
        context: &Arc<Context>,
        x: View<'_>,
        scale: f32,
    ) -> Result<Array> {
        let out = Array::stale(context, x.dtype, x.len / (self.factor * self.factor))?;
        self.launch(["sum_blocks", "sum_blocks_wide"], x, &out, scale)?;
        Ok(out)
    }

    fn launch(self, names: [&'static str; 2], x: View<'_>, out: &Array, scale: f32) -> Result<()> {
        let pack = pack_width(&[x, out.view()], &[self.channels]);
        let name = names[usize::from(pack > 1)];
        let arguments = [
            x.into(),
            out.into(),
            (out.len() / pack).into(),
            self.width.into(),
            (self.channels / pack).into(),
            self.factor.into(),
            scale.into(),
        ];
        let launch = Launch::elements(out.len() / pack);
        // SAFETY: all kernels of `blocks` take the argument, the result, its length, width and
        // channels of the smaller of both, the factor between them, and a scale.
        unsafe { out.context().launch(["blocks", name], x.dtype, launch, &arguments) }
    }
}

impl CudaKernel<1> for Upsample {
    type Kept = ();

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        [x]: [Option<View<'_>>; 1],
    ) -> Result<(Array, ())> {
        let x = x.expect("images to upsample");
        Ok((self.blocks.repeat_on_device(context, x, 1.0)?, ()))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, (), 1>,
    ) -> Result<[Option<Arc<Array>>; 1]> {
        let gradient = pass.gradient.view();
        Ok([Some(Arc::new(self.blocks.sum_on_device(context, gradient, 1.0)?))])
    }
}

impl CudaKernel<1> for AveragePool {
    type Kept = ();

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        [x]: [Option<View<'_>>; 1],
    ) -> Result<(Array, ())> {
        let x = x.expect("images to pool");
        Ok((self.blocks.sum_on_device(context, x, self.share())?, ()))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, (), 1>,
    ) -> Result<[Option<Arc<Array>>; 1]> {
        let gradient = pass.gradient.view();
        Ok([Some(Arc::new(self.blocks.repeat_on_device(context, gradient, self.share())?))])
    }
}
