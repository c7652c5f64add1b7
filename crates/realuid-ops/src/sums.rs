//! Sums that gradients of broadcast arguments need, in f64 and in an order that does not depend on
//! the number of threads.

use crate::element::Element;
use crate::parallel::{chunks, lane_sum, vectorised};

/// Sums over the rows of a row-major matrix with `columns` columns.
pub(crate) fn column_sums<T: Element>(matrix: &[T], columns: usize) -> Vec<T> {
    const BLOCK: usize = 64;
    let mut out = vec![T::zero(); columns];
    let rows = matrix.len() / columns;
    chunks(&mut out, BLOCK, BLOCK * rows, |block, out| {
        vectorised(|| {
            let mut sums = [0.0; BLOCK];
            for row in matrix.chunks_exact(columns) {
                let row = &row[block * BLOCK..][..out.len()];
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += value.to_f64();
                }
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = T::from_f64(sum);
            }
        });
    });
    out
}

/// Sums over all but the second axis of x [batch, channels, length].
pub(crate) fn channel_sums<T: Element>(x: &[T], channels: usize, length: usize) -> Vec<T> {
    if length == 1 {
        return column_sums(x, channels);
    }
    let mut out = vec![T::zero(); channels];
    let batch = x.len() / (channels * length);
    chunks(&mut out, 1, batch * length, |channel, out| {
        let sum: f64 =
            (0..batch).map(|b| row_sum(&x[(b * channels + channel) * length..][..length])).sum();
        out[0] = T::from_f64(sum);
    });
    out
}

/// Sum of one contiguous row.
pub(crate) fn row_sum<T: Element>(row: &[T]) -> f64 {
    vectorised(|| lane_sum(row.len(), |i| row[i]))
}
