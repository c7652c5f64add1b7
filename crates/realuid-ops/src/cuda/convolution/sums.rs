#![allow(unsafe_code)]

use std::sync::Arc;

use candle_core::DType;

use crate::Result;
use crate::cuda::norm::{Rows, type_code};
use crate::cuda::{Array, Context, Launch, View};

/// Sums over the pixels of every image, one row for each block of `rows`.
pub(super) struct BlockSums {
    rows: Rows,
    images: usize,
    columns: usize,
    sums: Array,
}

impl BlockSums {
    /// Of `x` [images, pixels, columns].
    pub fn of(context: &Arc<Context>, x: View<'_>, sizes: [usize; 3]) -> Result<Self> {
        let [images, _, columns] = sizes;
        let rows = Rows::new(sizes, &[x]);
        let sums = Array::stale(context, DType::F32, rows.blocks() * columns)?;
        let mut arguments = vec![x.into(), (&sums).into()];
        arguments.extend(rows.arguments());
        let kernel = ["convolution_sums", "convolution_block_sums"];
        // SAFETY: the kernel takes x, a row of sums for each block, and how the rows are divided.
        unsafe { context.launch(kernel, x.dtype, rows.launch(), &arguments)? };
        Ok(Self { rows, images, columns, sums })
    }

    /// Sums over all images, [columns].
    pub fn over_all(&self, context: &Arc<Context>, dtype: DType) -> Result<Array> {
        self.finish(context, [1, self.rows.blocks()], dtype)
    }

    /// Sums over each image, [images, columns].
    pub fn over_images(&self, context: &Arc<Context>, dtype: DType) -> Result<Array> {
        self.finish(context, [self.images, self.rows.chunks()], dtype)
    }

    fn finish(
        &self,
        context: &Arc<Context>,
        [images, rows]: [usize; 2],
        dtype: DType,
    ) -> Result<Array> {
        const COLUMNS: usize = 32;
        const LINES: usize = 8;
        let out = Array::stale(context, dtype, images * self.columns)?;
        let mut arguments = vec![(&self.sums).into(), (&out).into(), type_code(dtype)];
        arguments.extend_from_slice(&[rows.into(), self.columns.into()]);
        let blocks = [images as u32, self.columns.div_ceil(COLUMNS) as u32, 1];
        let launch = Launch { blocks, threads: (COLUMNS * LINES) as u32, shared: 0 };
        let kernel = ["convolution_sums", "convolution_row_sums"];
        // SAFETY: the kernel takes the sums, the result with its type, and their sizes.
        unsafe { context.launch(kernel, DType::F32, launch, &arguments)? };
        Ok(out)
    }
}
