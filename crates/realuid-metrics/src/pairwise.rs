use std::ops::Range;

use rayon::prelude::*;

use crate::rows::Rows;

/// Rows of `x` taken at once. Enough to reuse each row of `y` from the cache; a block of values stays
/// small (2.5 MB against 10,000 rows), so that no N by N matrix ever exists.
const BLOCK: usize = 32;

/// Values of a pair function on some rows of one set against all rows of another.
pub(crate) struct Block {
    /// Which rows of the first set.
    pub(crate) rows: Range<usize>,
    columns: usize,
    values: Vec<f64>,
}

impl Block {
    /// Each row's index in the first set and its values against the second, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &[f64])> {
        self.rows.clone().zip(self.values.chunks_exact(self.columns))
    }

    /// As [`Self::iter`], for reductions that reorder the values in place.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut [f64])> {
        self.rows.clone().zip(self.values.chunks_exact_mut(self.columns))
    }
}

/// `reduce` of every block of `pair(x_i, y_j)`, in the order of the rows of `x` whatever the number
/// of threads, so that what is summed from them is the same on every run.
pub(crate) fn map_blocks<T: Send>(
    x: &Rows,
    y: &Rows,
    pair: impl Fn(&[f64], &[f64]) -> f64 + Sync,
    reduce: impl Fn(Block) -> T + Sync,
) -> Vec<T> {
    (0..x.count.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| {
            let rows = block * BLOCK..((block + 1) * BLOCK).min(x.count);
            let mut values = vec![0.0; rows.len() * y.count];
            for j in 0..y.count {
                for (r, i) in rows.clone().enumerate() {
                    values[r * y.count + j] = pair(x.row(i), y.row(j));
                }
            }
            reduce(Block { rows, columns: y.count, values })
        })
        .collect()
}

/// a . b
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    sum_terms(a, b, |a, b| a * b)
}

/// |a - b|^2, from the differences: exact for equal rows, where |a|^2 + |b|^2 - 2 a.b is not.
pub(crate) fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    sum_terms(a, b, |a, b| (a - b) * (a - b))
}

/// Sum of `term(a_k, b_k)` in eight interleaved partial sums: a fixed order that vectorises.
#[inline]
fn sum_terms(a: &[f64], b: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    const LANES: usize = 8;
    let (a, b) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.0.iter().zip(b.0) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum += term(a, b);
        }
    }
    let rest: f64 = a.1.iter().zip(b.1).map(|(&a, &b)| term(a, b)).sum();
    sums.iter().sum::<f64>() + rest
}
