#![allow(unsafe_code)]

use std::sync::Arc;

use super::{ActivationKernels, Rows, Statistics};
use crate::Result;
use crate::cuda::{Array, Context, View};

/// activation(normalisation(x)), possibly at twice the resolution and with more or fewer channels, in
/// one pass over memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Normalised<'a> {
    /// [images, height, width, channels].
    pub x: View<'a>,
    /// None for x itself.
    pub statistics: Option<&'a Statistics>,
    /// Pixels of an image.
    pub positions: usize,
    /// Pixels of a row; of no meaning where `factor` is 1.
    pub width: usize,
    pub channels: usize,
    /// How often every pixel is repeated in both directions.
    pub factor: usize,
    /// Channels of the result: those that x lacks are zeros, those beyond are left out.
    pub out_channels: usize,
}

impl Normalised<'_> {
    /// [images, height factor, width factor, out_channels].
    pub fn compute(&self, context: &Arc<Context>, activation: &ActivationKernels) -> Result<Array> {
        let pixels = self.x.len / self.channels;
        let len = pixels * self.factor * self.factor * self.out_channels;
        let out = Array::stale(context, self.x.dtype, len)?;
        let sizes = [pixels / self.positions, self.positions, self.out_channels];
        let rows = if self.out_channels == self.channels {
            Rows::new(sizes, &[self.x, out.view()])
        } else {
            Rows::single(sizes)
        };
        let table = self.statistics.map(|statistics| &statistics.table);
        let mut arguments = vec![self.x.into(), table.into(), (&out).into()];
        arguments.extend_from_slice(&[self.width.into(), self.factor.into(), self.channels.into()]);
        arguments.extend(rows.arguments());
        let kernel = ["norm_apply", activation.apply];
        // SAFETY: the kernel takes x, the table or null, the result, the width of an image, the
        // factor, the channels of x, and how the rows are divided.
        unsafe { context.launch(kernel, self.x.dtype, rows.launch(), &arguments)? };
        Ok(out)
    }
}
