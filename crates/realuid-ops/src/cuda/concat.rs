#![allow(unsafe_code)]

use std::sync::Arc;

use super::pack::pack_width;
use super::{Array, Context, CudaBackward, CudaKernel, Launch, View};
use crate::Result;
use crate::concat::Concat;

impl Concat {
    /// The columns of the gradient that belong to one of the two.
    fn part_on_device(
        &self,
        context: &Arc<Context>,
        gradient: View<'_>,
        part: usize,
    ) -> Result<Arc<Array>> {
        let (columns, start) = (self.columns[part], [0, self.columns[0]][part]);
        let out = Array::stale(context, gradient.dtype, gradient.len / self.width() * columns)?;
        let pack = pack_width(&[gradient, out.view()], &self.columns);
        let name = if pack > 1 { "take_columns_wide" } else { "take_columns" };
        let lengths = [out.len(), columns, start, self.width()].map(|n| (n / pack).into());
        let arguments = [&[gradient.into(), (&out).into()], &lengths[..]].concat();
        let launch = Launch::elements(out.len() / pack);
        // SAFETY: `take_columns` takes the argument, the result, its length, its columns, the first
        // of them, and the columns of the argument.
        unsafe { context.launch(["concat", name], gradient.dtype, launch, &arguments)? };
        Ok(Arc::new(out))
    }
}

impl CudaKernel<2> for Concat {
    type Kept = ();

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        inputs: [Option<View<'_>>; 2],
    ) -> Result<(Array, ())> {
        let [Some(x), Some(y)] = inputs else { unreachable!("two to be put side by side") };
        let out = Array::stale(context, x.dtype, x.len + y.len)?;
        let pack = pack_width(&[x, y, out.view()], &self.columns);
        let name = if pack > 1 { "join_columns_wide" } else { "join_columns" };
        let lengths = [out.len(), self.columns[0], self.columns[1]].map(|n| (n / pack).into());
        let arguments = [&[x.into(), y.into(), (&out).into()], &lengths[..]].concat();
        let launch = Launch::elements(out.len() / pack);
        // SAFETY: `join_columns` takes both arguments, the result, its length, and their columns.
        unsafe { context.launch(["concat", name], x.dtype, launch, &arguments)? };
        Ok((out, ()))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, (), 2>,
    ) -> Result<[Option<Arc<Array>>; 2]> {
        let part = |part| self.part_on_device(context, pass.gradient.view(), part);
        let [first, second] = [0, 1].map(|index| pass.wanted[index].then(|| part(index)));
        Ok([first.transpose()?, second.transpose()?])
    }
}
