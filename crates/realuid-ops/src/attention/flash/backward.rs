use super::destination::{HeadsMut, RowsMut};
use super::gradient_tile::GradientTile;
use super::layout::{Heads, Rows};
use super::panels::padded;
use super::{Inputs, KEYS, QUERIES, SERIAL, Sizes};
use crate::buffer::Buffer;
use crate::element::Element;
use crate::parallel::consume;
use crate::simd::{OnVectors, Vector};
use crate::softmax::rows::dot;

/// What the backward pass reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saved<'a, T> {
    /// Those of the forward pass.
    pub inputs: Inputs<'a, T>,
    /// Its result [batch, heads, queries, value width].
    pub out: Heads<'a, T>,
    /// Its logarithms [batch, heads, queries].
    pub log_sum_exp: &'a [T],
    /// Gradient of the loss with respect to the result.
    pub gradient: Heads<'a, T>,
}

/// Where gradients go; those that nobody wants are not computed.
#[derive(Debug)]
pub(crate) struct Gradients<'a, T> {
    /// Of q [batch, heads, queries, width].
    pub query: Option<HeadsMut<'a, T>>,
    /// Of k [batch, heads, keys, width].
    pub key: Option<HeadsMut<'a, T>>,
    /// Of v [batch, heads, keys, value width].
    pub value: Option<HeadsMut<'a, T>>,
}

/// Writes the wanted gradients of the inputs.
pub(crate) fn backward<T: Element>(saved: Saved<'_, T>, sizes: Sizes, gradients: Gradients<'_, T>) {
    let tasks = tasks(saved, sizes, gradients);
    if sizes.cost() < SERIAL {
        tasks.into_iter().for_each(T::on_vectors);
    } else {
        consume(tasks, T::on_vectors);
    }
}

/// The independent parts of [`backward`], one for each head.
pub(super) fn tasks<'a, T: Element>(
    saved: Saved<'a, T>,
    sizes: Sizes,
    gradients: Gradients<'a, T>,
) -> Vec<Task<'a, T>> {
    saved.inputs.check(&sizes);
    saved.out.check(sizes.of_output());
    saved.gradient.check(sizes.of_output());
    let heads = sizes.batch * sizes.heads;
    assert_eq!(saved.log_sum_exp.len(), heads * sizes.queries, "one logarithm for each query");
    let mut query = per_head(gradients.query, sizes.of_query());
    let mut key = per_head(gradients.key, sizes.of_key());
    let mut value = per_head(gradients.value, sizes.of_value());
    let logs = saved.log_sum_exp.chunks(sizes.queries);
    logs.enumerate()
        .map(|(index, log_sum_exp)| {
            let (item, head) = (index / sizes.heads, index % sizes.heads);
            Task {
                query: saved.inputs.query.head(item, head),
                key: saved.inputs.key.head(item, head),
                value: saved.inputs.value.head(item, head),
                out: saved.out.head(item, head),
                log_sum_exp,
                gradient: saved.gradient.head(item, head),
                sizes,
                for_query: query.next(),
                for_key: key.next(),
                for_value: value.next(),
            }
        })
        .collect()
}

/// The heads of a destination of the given shape; nothing if there is none.
fn per_head<'a, T: Element>(
    view: Option<HeadsMut<'a, T>>,
    shape: [usize; 4],
) -> impl Iterator<Item = RowsMut<'a, T>> {
    let split = |view: HeadsMut<'a, T>| {
        view.check(shape);
        view.split(shape[2])
    };
    view.map(split).unwrap_or_default().into_iter()
}

/// One head.
pub(super) struct Task<'a, T> {
    pub query: Rows<'a, T>,
    pub key: Rows<'a, T>,
    pub value: Rows<'a, T>,
    pub out: Rows<'a, T>,
    pub log_sum_exp: &'a [T],
    pub gradient: Rows<'a, T>,
    pub sizes: Sizes,
    pub for_query: Option<RowsMut<'a, T>>,
    pub for_key: Option<RowsMut<'a, T>>,
    pub for_value: Option<RowsMut<'a, T>>,
}

impl<T: Element> OnVectors<T> for Task<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(mut self) {
        let Sizes { queries, keys, width, value_width, .. } = self.sizes;
        let columns = padded::<V>(width);
        let mut memory = Buffer::stale(GradientTile::<T>::memory::<V>(&self.sizes));
        let mut means = Buffer::stale(queries);
        let mut for_query =
            Buffer::zeros(if self.for_query.is_some() { queries * columns } else { 0 });
        self.gradient_means(&mut means);
        for start in (0..keys).step_by(KEYS) {
            let count = KEYS.min(keys - start);
            let mut tile = GradientTile::new::<V>(&self, start, count, &mut memory);
            for row in (0..queries).step_by(QUERIES) {
                let rows = row..queries.min(row + QUERIES);
                tile.probabilities::<V>(&self, rows.clone(), &means);
                if self.for_value.is_some() {
                    tile.add_for_value::<V>(&self, rows.clone());
                }
                if self.for_key.is_some() {
                    tile.add_for_key::<V>(&self, rows.clone());
                }
                if self.for_query.is_some() {
                    tile.add_for_query::<V>(width, rows.len(), &mut for_query[row * columns..]);
                }
            }
            let value_columns = padded::<V>(value_width);
            copy_rows(self.for_value.as_mut(), start..start + count, tile.for_value, value_columns);
            copy_rows(self.for_key.as_mut(), start..start + count, tile.for_key, columns);
        }
        copy_rows(self.for_query.as_mut(), 0..queries, &for_query, columns);
    }
}

impl<T> Task<'_, T> {
    /// Whether the gradient of the scores is needed.
    #[inline(always)]
    pub fn wants_scores(&self) -> bool {
        self.for_query.is_some() || self.for_key.is_some()
    }
}

impl<T: Element> Task<'_, T> {
    /// <gradient, out> of every row: the mean of the gradient of its probabilities, each weighted by
    /// the probability.
    #[inline(always)]
    fn gradient_means(&self, means: &mut [T]) {
        let width = self.sizes.value_width;
        for (row, mean) in means.iter_mut().enumerate() {
            *mean = dot(self.gradient.row(row, width), self.out.row(row, width));
        }
    }
}

/// Copies rows that are `stride` apart to the given rows of a destination, if there is one.
#[inline(always)]
fn copy_rows<T: Element>(
    to: Option<&mut RowsMut<'_, T>>,
    rows: std::ops::Range<usize>,
    from: &[T],
    stride: usize,
) {
    let Some(to) = to else { return };
    for (row, from) in rows.zip(from.chunks_exact(stride)) {
        let to = to.row(row);
        to.copy_from_slice(&from[..to.len()]);
    }
}
