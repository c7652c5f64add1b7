use std::ops::Range;

use super::backward::Task;
use super::forward::SHIFT;
use super::panels::{pack, pack_transposed, padded};
use super::product::{Left, Shape, Write, multiply};
use super::{KEYS, QUERIES, Sizes};
use crate::element::Element;
use crate::simd::Vector;

/// Some keys of one head on their way through all its query rows.
pub(super) struct GradientTile<'a, T> {
    /// How many keys.
    keys: usize,
    /// Packed k^T, k and v^T of these keys.
    key_across: &'a [T],
    key: &'a [T],
    value_across: &'a [T],
    /// A packed tile of q or of the gradient of the output.
    packed: &'a mut [T],
    /// Probabilities and gradients of scores, rows `stride` apart.
    probabilities: &'a mut [T],
    scores: &'a mut [T],
    stride: usize,
    /// Gradients so far, of k [keys, padded width] and of v [keys, padded value width].
    pub for_key: &'a mut [T],
    pub for_value: &'a mut [T],
}

impl<'a, T: Element> GradientTile<'a, T> {
    /// Elements that [`GradientTile::new`] needs.
    #[inline(always)]
    pub fn memory<V: Vector<Element = T>>(sizes: &Sizes) -> usize {
        parts::<V>(sizes, KEYS.min(sizes.keys)).iter().sum()
    }

    /// Packs `keys` keys and values of a head from `start` on.
    #[inline(always)]
    pub fn new<V: Vector<Element = T>>(
        task: &Task<'_, T>,
        start: usize,
        keys: usize,
        memory: &'a mut [T],
    ) -> Self {
        let Sizes { width, value_width, .. } = task.sizes;
        let mut memory = memory;
        let [key_across, key, value_across, packed, probabilities, scores, for_key, for_value] =
            parts::<V>(&task.sizes, keys).map(|size| {
                let (part, rest) = std::mem::take(&mut memory).split_at_mut(size);
                memory = rest;
                part
            });
        pack_transposed::<V>(key_across, task.key.from(start), keys, width);
        if task.for_query.is_some() {
            pack::<V>(key, task.key.from(start), keys, width);
        }
        if task.wants_scores() {
            pack_transposed::<V>(value_across, task.value.from(start), keys, value_width);
        }
        for_key.fill(T::zero());
        for_value.fill(T::zero());
        let stride = padded::<V>(keys) + SHIFT;
        Self {
            keys,
            key_across,
            key,
            value_across,
            packed,
            probabilities,
            scores,
            stride,
            for_key,
            for_value,
        }
    }

    /// Computes the probabilities of some query rows and the gradient of their scores before the
    /// factor `scale`.
    #[inline(always)]
    pub fn probabilities<V: Vector<Element = T>>(
        &mut self,
        task: &Task<'_, T>,
        rows: Range<usize>,
        means: &[T],
    ) {
        let Sizes { width, value_width, .. } = task.sizes;
        let scale = T::from_f64(task.sizes.scale);
        let query = task.query.from(rows.start);
        let shape = Shape { rows: rows.len(), inner: width, columns: self.keys };
        let left = Left { data: query.data, row_stride: query.stride, inner_stride: 1 };
        let out = (&mut *self.probabilities, self.stride);
        multiply::<V>(left, self.key_across, out, shape, Write::Scaled(scale));
        if task.wants_scores() {
            let gradient = task.gradient.from(rows.start);
            let shape = Shape { inner: value_width, ..shape };
            let left = Left { data: gradient.data, row_stride: gradient.stride, inner_stride: 1 };
            let out = (&mut *self.scores, self.stride);
            multiply::<V>(left, self.value_across, out, shape, Write::Scaled(scale));
        }
        let lines =
            self.probabilities.chunks_mut(self.stride).zip(self.scores.chunks_mut(self.stride));
        for (row, (probabilities, scores)) in rows.zip(lines) {
            let (log, mean) = (task.log_sum_exp[row], means[row] * scale);
            let scores = &mut scores[..self.keys];
            for (p, g) in probabilities[..self.keys].iter_mut().zip(scores) {
                *p = (*p - log).exp();
                *g = *p * (*g - mean);
            }
        }
    }

    /// Adds what the tile's query rows contribute to the gradient of v: P^T gradient.
    #[inline(always)]
    pub fn add_for_value<V: Vector<Element = T>>(
        &mut self,
        task: &Task<'_, T>,
        rows: Range<usize>,
    ) {
        let columns = task.sizes.value_width;
        let packed = &mut self.packed[..rows.len() * padded::<V>(columns)];
        pack::<V>(packed, task.gradient.from(rows.start), rows.len(), columns);
        let left = Left { data: self.probabilities, row_stride: 1, inner_stride: self.stride };
        let shape = Shape { rows: self.keys, inner: rows.len(), columns };
        let out = (&mut *self.for_value, padded::<V>(columns));
        multiply::<V>(left, packed, out, shape, Write::Added);
    }

    /// Adds what the tile's query rows contribute to the gradient of k.
    #[inline(always)]
    pub fn add_for_key<V: Vector<Element = T>>(&mut self, task: &Task<'_, T>, rows: Range<usize>) {
        let columns = task.sizes.width;
        let packed = &mut self.packed[..rows.len() * padded::<V>(columns)];
        pack::<V>(packed, task.query.from(rows.start), rows.len(), columns);
        let left = Left { data: self.scores, row_stride: 1, inner_stride: self.stride };
        let shape = Shape { rows: self.keys, inner: rows.len(), columns };
        let out = (&mut *self.for_key, padded::<V>(columns));
        multiply::<V>(left, packed, out, shape, Write::Added);
    }

    /// Adds what these keys contribute to the gradient of the tile's query rows, into `out` [rows,
    /// padded width].
    #[inline(always)]
    pub fn add_for_query<V: Vector<Element = T>>(&self, width: usize, rows: usize, out: &mut [T]) {
        let left = Left { data: self.scores, row_stride: self.stride, inner_stride: 1 };
        let shape = Shape { rows, inner: self.keys, columns: width };
        multiply::<V>(left, self.key, (out, padded::<V>(width)), shape, Write::Added);
    }
}

/// Sizes of the slices of a [`GradientTile`] of `keys` keys, in the order of its fields.
#[inline(always)]
fn parts<V: Vector>(sizes: &Sizes, keys: usize) -> [usize; 8] {
    let (columns, value_columns) = (padded::<V>(sizes.width), padded::<V>(sizes.value_width));
    let across = padded::<V>(keys);
    let rows = QUERIES.min(sizes.queries);
    let scores = rows * (across + SHIFT);
    [
        across * sizes.width,
        keys * columns,
        across * sizes.value_width,
        rows * columns.max(value_columns),
        scores,
        scores,
        keys * columns,
        keys * value_columns,
    ]
}
