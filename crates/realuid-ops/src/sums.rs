//! Sums that gradients of broadcast arguments need, in f64 and in an order that does not depend on
//! the number of threads.

use crate::buffer::Buffer;
use crate::element::Element;
use crate::parallel::{chunks, vectorised};

/// Sums over the rows of a row-major matrix with `columns` columns.
pub(crate) fn column_sums<T: Element>(matrix: &[T], columns: usize) -> Buffer<T> {
    image_sums(matrix, matrix.len() / columns, columns)
}

/// Sums over the rows of every image of x [images, rows, columns] -> [images, columns].
pub(crate) fn image_sums<T: Element>(x: &[T], rows: usize, columns: usize) -> Buffer<T> {
    /// Rows per task, so that one image already fills several cores.
    const BLOCK: usize = 256;
    let blocks = rows.div_ceil(BLOCK);
    let images = x.len() / (rows * columns);
    let mut partial = vec![0.0; images * blocks * columns];
    chunks(&mut partial, columns, BLOCK.min(rows) * columns, |task, out| {
        let (image, first) = (task / blocks, task % blocks * BLOCK);
        let count = BLOCK.min(rows - first);
        let x = &x[(image * rows + first) * columns..][..count * columns];
        vectorised(|| row_sums(x, columns, out));
    });
    let mut out = Buffer::stale(images * columns);
    for (index, out) in out.iter_mut().enumerate() {
        let (image, column) = (index / columns, index % columns);
        let sum: f64 = (0..blocks).map(|b| partial[(image * blocks + b) * columns + column]).sum();
        *out = T::from_f64(sum);
    }
    out
}

/// Adds the rows of `x` to `out`, a few of them in T at a time.
#[inline(always)]
fn row_sums<T: Element>(x: &[T], columns: usize, out: &mut [f64]) {
    const ROWS: usize = 16;
    let mut short = vec![T::zero(); columns];
    for rows in x.chunks(ROWS * columns) {
        short.fill(T::zero());
        for row in rows.chunks_exact(columns) {
            short.iter_mut().zip(row).for_each(|(sum, x)| *sum += *x);
        }
        out.iter_mut().zip(&short).for_each(|(out, sum)| *out += sum.to_f64());
    }
}
