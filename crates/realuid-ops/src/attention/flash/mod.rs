//! Attention softmax(scale q k^T) v on strided slices, without the score matrix in memory.
//!
//! Scores exist only as a tile of [`QUERIES`] query rows by [`KEYS`] key columns that stays in the
//! cache. Forward, a running maximum and sum turn tiles into the softmax of whole rows; backward,
//! probabilities are computed again from the logarithm of that sum, kept for each row (Dao et al.
//! 2022, "FlashAttention"; Milakov and Gimelshein 2018 for the running softmax).
//!
//! Every element of every result is computed by one task in a fixed order, and tasks follow from the
//! sizes: results do not depend on the number of threads.

mod backward;
mod destination;
mod forward;
mod gradient_tile;
mod layout;
mod panels;
mod product;
#[cfg(test)]
mod tests;

pub(crate) use backward::{Gradients, Saved, backward};
pub(crate) use destination::HeadsMut;
pub(crate) use forward::forward;
pub(crate) use layout::{Heads, Layout};

/// Query rows of a tile.
const QUERIES: usize = 64;

/// Key columns of a tile: in f32 its scores take 64 KiB and all that a backward tile touches about
/// 450 KiB at a width of 64, within the second-level cache.
const KEYS: usize = 256;

/// Multiplications of a whole attention below which another thread is not worth waking.
const SERIAL: usize = 1 << 20;

/// Sizes of q [batch, heads, queries, width], k [batch, heads, keys, width] and
/// v [batch, heads, keys, value width], and the factor of the scores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Independent items.
    pub batch: usize,
    /// Heads of an item.
    pub heads: usize,
    /// Query rows of a head.
    pub queries: usize,
    /// Key and value rows of a head.
    pub keys: usize,
    /// Elements of a query or key row.
    pub width: usize,
    /// Elements of a value or output row.
    pub value_width: usize,
    /// Factor of the scores, usually 1 / sqrt(width).
    pub scale: f64,
}

impl Sizes {
    /// Multiplications of the two products of the forward pass.
    fn cost(&self) -> usize {
        self.batch * self.heads * self.queries * self.keys * (self.width + self.value_width)
    }

    /// [batch, heads, rows, width] of q.
    fn of_query(&self) -> [usize; 4] {
        [self.batch, self.heads, self.queries, self.width]
    }

    /// [batch, heads, rows, width] of k.
    fn of_key(&self) -> [usize; 4] {
        [self.batch, self.heads, self.keys, self.width]
    }

    /// [batch, heads, rows, width] of v.
    fn of_value(&self) -> [usize; 4] {
        [self.batch, self.heads, self.keys, self.value_width]
    }

    /// [batch, heads, rows, width] of the output.
    fn of_output(&self) -> [usize; 4] {
        [self.batch, self.heads, self.queries, self.value_width]
    }
}

/// What attention reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a, T> {
    /// q [batch, heads, queries, width].
    pub query: Heads<'a, T>,
    /// k [batch, heads, keys, width].
    pub key: Heads<'a, T>,
    /// v [batch, heads, keys, value width].
    pub value: Heads<'a, T>,
}

impl<T> Inputs<'_, T> {
    /// Panics unless all rows lie inside their slices and no size is zero.
    fn check(&self, sizes: &Sizes) {
        let Sizes { batch, heads, queries, keys, width, value_width, .. } = *sizes;
        let positive = [batch, heads, queries, keys, width, value_width].iter().all(|&n| n > 0);
        assert!(positive, "attention of an empty tensor: {sizes:?}");
        self.query.check(sizes.of_query());
        self.key.check(sizes.of_key());
        self.value.check(sizes.of_value());
    }
}
