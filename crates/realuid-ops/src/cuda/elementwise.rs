//! Functions of single elements.
#![allow(unsafe_code)]

use std::sync::Arc;

use super::{Array, Context, CudaBackward, CudaKernel, Launch, View};
use crate::Result;
use crate::add::Add;
use crate::silu::Silu;

/// a + b, of one length and dtype, over one that nobody else holds if there is such a one.
pub(crate) fn sum(a: Arc<Array>, b: Arc<Array>) -> Result<Arc<Array>> {
    let (own, other) = if Arc::strong_count(&a) == 1 { (a, b) } else { (b, a) };
    let context = own.context().clone();
    let out = match Arc::try_unwrap(own) {
        Ok(own) => own,
        Err(shared) => Array::copy_of(&context, shared.view())?,
    };
    let arguments = [(&out).into(), other.view().into(), (&out).into(), out.len().into()];
    let launch = Launch::elements(out.len());
    // SAFETY: `add` takes two terms, the result, which may be one of them, and their length.
    unsafe { context.launch(["elementwise", "add"], out.dtype(), launch, &arguments)? };
    Ok(Arc::new(out))
}

impl CudaKernel<2> for Add {
    type Kept = ();

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        inputs: [Option<View<'_>>; 2],
    ) -> Result<(Array, ())> {
        let [Some(x), Some(y)] = inputs else { unreachable!("a sum has two terms") };
        let out = Array::stale(context, x.dtype, x.len)?;
        let arguments = [x.into(), y.into(), (&out).into(), x.len.into()];
        let launch = Launch::elements(x.len);
        // SAFETY: `add` takes two terms, the result and their length.
        unsafe { context.launch(["elementwise", "add"], x.dtype, launch, &arguments)? };
        Ok((out, ()))
    }

    fn cuda_backward(
        &self,
        _: &Arc<Context>,
        pass: CudaBackward<'_, (), 2>,
    ) -> Result<[Option<Arc<Array>>; 2]> {
        Ok(pass.wanted.map(|wanted| wanted.then(|| pass.gradient.clone())))
    }
}

impl CudaKernel<1> for Silu {
    type Kept = ();

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        [x]: [Option<View<'_>>; 1],
    ) -> Result<(Array, ())> {
        let x = x.expect("silu has an argument");
        let out = Array::stale(context, x.dtype, x.len)?;
        let arguments = [x.into(), (&out).into(), x.len.into()];
        let launch = Launch::elements(x.len);
        // SAFETY: `silu_forward` takes the argument, the result and their length.
        unsafe { context.launch(["elementwise", "silu_forward"], x.dtype, launch, &arguments)? };
        Ok((out, ()))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, (), 1>,
    ) -> Result<[Option<Arc<Array>>; 1]> {
        let x = pass.inputs[0].expect("silu keeps its argument");
        let out = Array::stale(context, x.dtype, x.len)?;
        let gradient = pass.gradient.view();
        let arguments = [x.into(), gradient.into(), (&out).into(), x.len.into()];
        let launch = Launch::elements(x.len);
        // SAFETY: `silu_backward` takes the argument, two gradients and their length.
        unsafe { context.launch(["elementwise", "silu_backward"], x.dtype, launch, &arguments)? };
        Ok([Some(Arc::new(out))])
    }
}
