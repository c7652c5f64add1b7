//! Sums over rows, the gradients of biases.
#![allow(unsafe_code)]

use std::sync::Arc;

use candle_core::DType;

use super::{Array, Context, Launch, View};
use crate::Result;

/// Threads of a block; the kernel relies on it.
const THREADS: u32 = 256;

/// Rows up to which one block sums all of them.
const ROWS_OF_ONE_BLOCK: usize = 512;

/// Blocks among which more rows are divided, at most: as many rows as a block then sums in turn.
const MOST_BLOCKS: usize = 256;

/// The sums over the rows of x [rows, columns], [columns] of dtype F32, the same bits on every run.
pub(crate) fn column_sums(context: &Arc<Context>, x: View<'_>, columns: usize) -> Result<Array> {
    let rows = x.len / columns;
    if rows <= ROWS_OF_ONE_BLOCK {
        return sums_by_block(context, x, columns, rows);
    }
    let per_block = rows.div_ceil(MOST_BLOCKS).max(ROWS_OF_ONE_BLOCK / 2);
    let partial = sums_by_block(context, x, columns, per_block)?;
    sums_by_block(context, partial.view(), columns, partial.len() / columns)
}

/// The sums over each `per_block` rows of x [rows, columns], [rows / per_block, columns].
fn sums_by_block(
    context: &Arc<Context>,
    x: View<'_>,
    columns: usize,
    per_block: usize,
) -> Result<Array> {
    let rows = x.len / columns;
    let blocks = rows.div_ceil(per_block);
    let out = Array::stale(context, DType::F32, blocks * columns)?;
    let arguments = [x.into(), (&out).into(), rows.into(), columns.into(), per_block.into()];
    let across = columns.div_ceil(THREADS as usize);
    let launch = Launch { blocks: [across as u32, blocks as u32, 1], threads: THREADS, shared: 0 };
    // SAFETY: `linear_sums` takes the rows, a row of results for each block in y, and the sizes.
    unsafe { context.launch(["linear_sums", "linear_sums"], x.dtype, launch, &arguments)? };
    Ok(out)
}
