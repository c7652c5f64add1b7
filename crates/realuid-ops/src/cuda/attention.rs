//! Self-attention that stores no scores (Dao et al. 2022, "FlashAttention").
#![allow(unsafe_code)]

use std::sync::Arc;

use candle_core::DType;

use super::attention_plan::{FORWARD, KEYS, Pass, QUERIES, plan};
use super::{Argument, Array, Context, CudaBackward, CudaKernel, Launch, View};
use crate::Result;
use crate::attention::SelfAttention;

impl CudaKernel<1> for SelfAttention {
    /// Logarithms to base 2 of the sums of every row of exponentials, [B, heads, T], F32.
    type Kept = Array;

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        [qkv]: [Option<View<'_>>; 1],
    ) -> Result<(Array, Array)> {
        let qkv = qkv.expect("attention has an argument");
        let out = Array::stale(context, qkv.dtype, qkv.len / 3)?;
        let log_sums = self.statistics(context)?;
        let arrays = [qkv.into(), (&out).into(), (&log_sums).into()];
        // SAFETY: `attention_forward` takes these three.
        unsafe { self.run(context, &FORWARD, &[qkv], &arrays)? };
        Ok((out, log_sums))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, Array, 1>,
    ) -> Result<[Option<Arc<Array>>; 1]> {
        let qkv = pass.inputs[0].expect("attention keeps its argument");
        let out = pass.output.expect("attention keeps its result");
        let gradient = pass.gradient.view();
        let deltas = self.deltas(context, out, gradient)?;
        let result = Array::stale(context, qkv.dtype, qkv.len)?;
        let arrays =
            [qkv.into(), (&result).into(), gradient.into(), pass.kept.into(), (&deltas).into()];
        for pass in [&QUERIES, &KEYS] {
            // SAFETY: `attention_queries` and `attention_keys` take these five; each writes its own
            // columns of the result.
            unsafe { self.run(context, pass, &[qkv, gradient], &arrays)? };
        }
        Ok([Some(Arc::new(result))])
    }
}

impl SelfAttention {
    /// An array [B, heads, T].
    fn statistics(&self, context: &Arc<Context>) -> Result<Array> {
        let [batch, heads, tokens, _] = self.shape();
        Array::stale(context, DType::F32, batch * heads * tokens)
    }

    /// The dot products of the rows of the result with their gradients, [B, heads, T].
    fn deltas(&self, context: &Arc<Context>, out: View<'_>, gradient: View<'_>) -> Result<Array> {
        let [_, heads, tokens, width] = self.shape();
        let deltas = self.statistics(context)?;
        let rows = deltas.len();
        let arguments = [
            out.into(),
            gradient.into(),
            (&deltas).into(),
            rows.into(),
            tokens.into(),
            heads.into(),
            width.into(),
        ];
        let (kernel, launch) = (["attention_delta"; 2], Launch::elements(rows * 32));
        // SAFETY: `attention_delta` takes the result, its gradient, their products and the sizes.
        unsafe { context.launch(kernel, out.dtype, launch, &arguments)? };
        Ok(deltas)
    }

    /// Runs the kernel of `pass` on `arrays` and the sizes; `copied` are those of whose rows blocks
    /// make copies.
    ///
    /// # Safety
    /// The arrays must be those that the kernel takes.
    unsafe fn run(
        &self,
        context: &Arc<Context>,
        pass: &Pass,
        copied: &[View<'_>],
        arrays: &[Argument],
    ) -> Result<()> {
        let [batch, heads, tokens, width] = self.shape();
        let [part_stride, head_stride] = self.strides();
        let plan = plan(pass, width, copied);
        let sizes = [tokens, heads, width, part_stride, head_stride];
        let scale = Argument::F32(self.scale() as f32);
        let sizes = sizes.map(Argument::from);
        let arguments: Vec<_> = arrays.iter().copied().chain(sizes).chain([scale]).collect();
        let launch = plan.launch(batch * heads, tokens, width);
        // SAFETY: the caller's; after the arrays every pass takes the sizes, strides and scale.
        unsafe { context.launch(plan.kernel, copied[0].dtype, launch, &arguments) }
    }
}
