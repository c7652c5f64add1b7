#![allow(unsafe_code)]

use std::sync::Arc;

use super::prepared::Stored;
use crate::Result;
use crate::cuda::norm::{Rows, parameter};
use crate::cuda::{Array, Context, View};

/// What is added to the result of a convolution.
#[derive(Clone, Copy, Debug)]
pub(super) struct EpilogueViews<'a> {
    /// [O].
    pub bias: Option<View<'a>>,
    /// [B, O].
    pub per_image: Option<View<'a>>,
    /// [B, H, W, O].
    pub residual: Option<View<'a>>,
}

impl EpilogueViews<'_> {
    /// Everything added to `y`, without the filters that cuDNN alone sees; over `y` if it has none.
    pub fn add_to(&self, context: &Arc<Context>, y: Array, stored: &Stored) -> Result<Array> {
        let exact = stored.filters == stored.geometry.filters;
        if exact && self.bias.is_none() && self.per_image.is_none() && self.residual.is_none() {
            return Ok(y);
        }
        let (batch, pixels) = (stored.geometry.batch, stored.geometry.pixels_out());
        let sizes = [batch, pixels, stored.filters];
        if exact {
            let mut arrays = vec![y.view()];
            arrays.extend(self.per_image.iter().chain(&self.residual));
            let rows = Rows::new(sizes, &arrays);
            self.launch(context, [&y, &y], rows, stored)?;
            return Ok(y);
        }
        let out = Array::stale(context, y.dtype(), batch * pixels * stored.filters)?;
        self.launch(context, [&y, &out], Rows::single(sizes), stored)?;
        Ok(out)
    }

    fn launch(
        &self,
        context: &Context,
        [y, out]: [&Array; 2],
        rows: Rows,
        stored: &Stored,
    ) -> Result<()> {
        let mut arguments = vec![y.into(), out.into()];
        arguments.extend(parameter(self.bias));
        arguments.extend_from_slice(&[self.per_image.into(), self.residual.into()]);
        arguments.push(stored.geometry.filters.into());
        arguments.extend(rows.arguments());
        let kernel = ["convolution_epilogue"; 2];
        // SAFETY: the kernel takes y, the result, which may be y if their rows are as long, what is
        // added, the length of a row of y, and how the rows are divided.
        unsafe { context.launch(kernel, y.dtype(), rows.launch(), &arguments) }
    }
}
