use super::destination::{HeadsMut, RowsMut};
use super::layout::Rows;
use super::panels::{pack, pack_transposed, padded};
use super::product::{Left, Shape, Write, multiply};
use super::{Inputs, KEYS, QUERIES, SERIAL, Sizes};
use crate::buffer::Buffer;
use crate::element::Element;
use crate::parallel::consume;
use crate::simd::{OnVectors, Vector};
use crate::softmax::rows::{exponentials, maximum};

/// out = softmax(scale q k^T) v, rows [batch, heads, queries, value width], and into `log_sum_exp`
/// [batch, heads, queries] the logarithm of the sum of exponentials of each row of scores.
pub(crate) fn forward<T: Element>(
    inputs: Inputs<'_, T>,
    sizes: Sizes,
    out: HeadsMut<'_, T>,
    log_sum_exp: &mut [T],
) {
    let tasks = tasks(inputs, sizes, out, log_sum_exp);
    if sizes.cost() < SERIAL {
        tasks.into_iter().for_each(T::on_vectors);
    } else {
        consume(tasks, T::on_vectors);
    }
}

/// The independent parts of [`forward`].
pub(super) fn tasks<'a, T: Element>(
    inputs: Inputs<'a, T>,
    sizes: Sizes,
    out: HeadsMut<'a, T>,
    log_sum_exp: &'a mut [T],
) -> Vec<Task<'a, T>> {
    inputs.check(&sizes);
    out.check(sizes.of_output());
    let heads = sizes.batch * sizes.heads;
    assert_eq!(log_sum_exp.len(), heads * sizes.queries, "one logarithm for each query");
    let rows = sizes.queries.div_ceil(TASKS.div_ceil(heads)).max(LEAST_ROWS);
    let block = rows.next_multiple_of(QUERIES);
    let starts = (0..heads).flat_map(|head| {
        (0..sizes.queries)
            .step_by(block)
            .map(move |row| (head / sizes.heads, head % sizes.heads, row))
    });
    let rows = log_sum_exp.chunks_mut(sizes.queries).flat_map(|head| head.chunks_mut(block));
    let parts = starts.zip(out.split(block)).zip(rows);
    parts
        .map(|(((item, head, row), out), log_sum_exp)| Task {
            query: inputs.query.head(item, head).from(row),
            key: inputs.key.head(item, head),
            value: inputs.value.head(item, head),
            sizes,
            out,
            log_sum_exp,
        })
        .collect()
}

/// Tasks to make at least, given enough query rows.
const TASKS: usize = 16;

/// Rows of a task at least: each packs the keys and values of its head, which must pay for itself.
const LEAST_ROWS: usize = 2 * QUERIES;

/// Some query rows of one head.
pub(super) struct Task<'a, T> {
    query: Rows<'a, T>,
    key: Rows<'a, T>,
    value: Rows<'a, T>,
    sizes: Sizes,
    out: RowsMut<'a, T>,
    log_sum_exp: &'a mut [T],
}

impl<T: Element> OnVectors<T> for Task<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(mut self) {
        let Sizes { keys, width, value_width, .. } = self.sizes;
        let tile = KEYS.min(padded::<V>(keys));
        let value_columns = padded::<V>(value_width);
        let key_size = padded::<V>(keys) * width;
        let rows = QUERIES.min(self.out.len());
        let parts = [key_size, keys * value_columns, rows * (tile + SHIFT), rows * value_columns];
        let mut memory = Buffer::stale(parts.iter().sum());
        let (key, memory) = memory.split_at_mut(parts[0]);
        let (value, memory) = memory.split_at_mut(parts[1]);
        let (scores, sums) = memory.split_at_mut(parts[2]);
        pack_tiles::<V>(&self, key, value);
        let mut tile =
            QueryTile { key, value, scores, sums, stride: tile + SHIFT, sizes: self.sizes };
        for row in (0..self.out.len()).step_by(QUERIES) {
            let rows = QUERIES.min(self.out.len() - row);
            let log_sum_exp = &mut self.log_sum_exp[row..][..rows];
            let total = tile.run::<V>(self.query.from(row), log_sum_exp);
            for (i, total) in total[..rows].iter().enumerate() {
                let factor = T::one() / *total;
                let sums = &tile.sums[i * value_columns..][..value_width];
                for (out, sum) in self.out.row(row + i).iter_mut().zip(sums) {
                    *out = *sum * factor;
                }
            }
        }
    }
}

/// Added to the width of a score tile: rows a power of two apart would share few sets of the cache.
pub(super) const SHIFT: usize = 16;

/// Packs the transposed keys and the values of a head, one tile of keys after another.
#[inline(always)]
fn pack_tiles<V: Vector>(
    task: &Task<'_, V::Element>,
    key: &mut [V::Element],
    value: &mut [V::Element],
) {
    let Sizes { keys, width, value_width, .. } = task.sizes;
    let value_columns = padded::<V>(value_width);
    for start in (0..keys).step_by(KEYS) {
        let count = KEYS.min(keys - start);
        let key = &mut key[start * width..][..padded::<V>(count) * width];
        pack_transposed::<V>(key, task.key.from(start), count, width);
        let value = &mut value[start * value_columns..][..count * value_columns];
        pack::<V>(value, task.value.from(start), count, value_width);
    }
}

/// A tile of query rows on its way through all keys.
struct QueryTile<'a, T> {
    /// Packed transposed keys and packed values.
    key: &'a [T],
    value: &'a [T],
    /// Scores, then their exponentials, rows `stride` apart.
    scores: &'a mut [T],
    stride: usize,
    /// Exponentials times values so far [rows, padded value width].
    sums: &'a mut [T],
    sizes: Sizes,
}

impl<T: Element> QueryTile<'_, T> {
    /// Fills `sums`; returns for each row the sum of exponentials that they are relative to.
    #[inline(always)]
    fn run<V: Vector<Element = T>>(
        &mut self,
        query: Rows<'_, T>,
        log_sum_exp: &mut [T],
    ) -> [T; QUERIES] {
        let Sizes { keys, width, value_width, .. } = self.sizes;
        let rows = log_sum_exp.len();
        let columns = padded::<V>(value_width);
        let mut largest = [T::from_f64(f64::NEG_INFINITY); QUERIES];
        let mut total = [T::zero(); QUERIES];
        self.sums.fill(T::zero());
        for start in (0..keys).step_by(KEYS) {
            let count = KEYS.min(keys - start);
            let shape = Shape { rows, inner: width, columns: count };
            let left = Left { data: query.data, row_stride: query.stride, inner_stride: 1 };
            let scores = (&mut *self.scores, self.stride);
            let scale = Write::Scaled(T::from_f64(self.sizes.scale));
            multiply::<V>(left, &self.key[start * width..], scores, shape, scale);
            for row in 0..rows {
                let scores = &mut self.scores[row * self.stride..][..count];
                let sums = &mut self.sums[row * columns..][..columns];
                add_to_softmax::<V>(scores, &mut largest[row], &mut total[row], sums);
            }
            let shape = Shape { rows, inner: count, columns: value_width };
            let left = Left { data: self.scores, row_stride: self.stride, inner_stride: 1 };
            let value = &self.value[start * columns..];
            multiply::<V>(left, value, (&mut *self.sums, columns), shape, Write::Added);
        }
        for (row, log) in log_sum_exp.iter_mut().enumerate() {
            *log = largest[row] + T::from_f64(total[row].to_f64().ln());
        }
        total
    }
}

/// Takes more scores into the running softmax of a row: they become exponentials relative to the
/// new largest score, and what was relative to the old one is rescaled.
#[inline(always)]
fn add_to_softmax<V: Vector>(
    scores: &mut [V::Element],
    largest: &mut V::Element,
    total: &mut V::Element,
    sums: &mut [V::Element],
) {
    let old = *largest;
    *largest = old.larger(maximum(scores));
    let rescale = (old - *largest).exp();
    *total = *total * rescale + exponentials::<V>(scores, *largest);
    for sum in sums {
        *sum *= rescale;
    }
}
