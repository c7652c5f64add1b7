#![allow(unsafe_code)]

use std::marker::PhantomData;

use crate::element::Element;
use crate::simd::Vector;

/// What a tile of the product sums over, the same for each of its rows.
#[derive(Clone, Copy)]
pub(crate) struct Sum<'a, T> {
    /// Where each segment starts: in the left operand relative to the row, in the right one
    /// relative to `right`.
    pub(crate) segments: &'a [(usize, usize)],
    /// Steps in a segment.
    pub(crate) length: usize,
    /// Elements of the left operand from one step to the next.
    pub(crate) left_step: usize,
    /// The tile's first column of the right operand.
    pub(crate) right: *const T,
    /// Elements of the right operand from one step to the next.
    pub(crate) right_step: usize,
}

/// The left rows of a tile.
pub(crate) trait TileRows<T>: Copy {
    /// The element of `row` that is `offset` behind its start.
    ///
    /// # Safety
    /// That element exists.
    unsafe fn at(self, row: usize, offset: usize) -> *const T;
}

/// Rows that start anywhere.
#[derive(Clone, Copy)]
pub(crate) struct Scattered<T, const ROWS: usize>(pub(crate) [*const T; ROWS]);

impl<T: Element, const ROWS: usize> TileRows<T> for Scattered<T, ROWS> {
    #[inline(always)]
    unsafe fn at(self, row: usize, offset: usize) -> *const T {
        // SAFETY: the caller's promise.
        unsafe { self.0[row].add(offset) }
    }
}

/// Rows that are one element apart: the columns of a row-major matrix.
#[derive(Clone, Copy)]
pub(crate) struct Adjacent<T>(pub(crate) *const T);

impl<T: Element> TileRows<T> for Adjacent<T> {
    #[inline(always)]
    unsafe fn at(self, row: usize, offset: usize) -> *const T {
        // SAFETY: the caller's promise.
        unsafe { self.0.add(offset + row) }
    }
}

/// `ROWS` x `VECTORS` vectors of the product, in registers.
pub(crate) struct Tile<V, const ROWS: usize, const VECTORS: usize> {
    /// The sums.
    pub(crate) totals: [[V; VECTORS]; ROWS],
}

impl<V: Vector, const ROWS: usize, const VECTORS: usize> Tile<V, ROWS, VECTORS> {
    /// The sums over all segments.
    ///
    /// # Safety
    /// All elements that `sum` names exist, for `VECTORS * LANES` columns of the right operand.
    #[inline(always)]
    pub(crate) unsafe fn accumulate<R: TileRows<V::Element>>(
        rows: R,
        sum: &Sum<'_, V::Element>,
    ) -> Self {
        let zero = V::splat(V::Element::ZERO);
        let mut totals = [[zero; VECTORS]; ROWS];
        for &(left_start, right_start) in sum.segments {
            let mut left = left_start;
            let mut right = sum.right.wrapping_add(right_start);
            for _ in 0..sum.length {
                let mut columns = [zero; VECTORS];
                for (vector, column) in columns.iter_mut().enumerate() {
                    // SAFETY: the caller's promise, also below.
                    *column = unsafe { V::load(right.add(vector * V::LANES)) };
                }
                for (row, totals) in totals.iter_mut().enumerate() {
                    // SAFETY: as above.
                    let factor = V::splat(unsafe { *rows.at(row, left) });
                    for (total, &column) in totals.iter_mut().zip(&columns) {
                        *total = factor.mul_add(column, *total);
                    }
                }
                left += sum.left_step;
                // Past the last step the pointer may leave the operand, unread.
                right = right.wrapping_add(sum.right_step);
            }
        }
        Self { totals }
    }

    /// Adds to each row `columns` values at `from(row)`; of a narrower tile the other lanes are
    /// left.
    ///
    /// # Safety
    /// Each `from(row)` is valid for reading `columns` elements.
    #[inline(always)]
    pub(crate) unsafe fn add(&mut self, columns: usize, from: impl Fn(usize) -> *const V::Element) {
        if columns == VECTORS * V::LANES {
            for row in 0..ROWS {
                for vector in 0..VECTORS {
                    // SAFETY: the caller's promise.
                    let addend = unsafe { V::load(from(row).add(vector * V::LANES)) };
                    self.totals[row][vector] = self.totals[row][vector].add(addend);
                }
            }
            return;
        }
        let (whole, rest) = (columns / V::LANES, columns % V::LANES);
        for row in 0..ROWS {
            // SAFETY: the caller's promise: `whole` vectors and `rest` elements.
            unsafe {
                if whole == 1 {
                    self.totals[row][0] = self.totals[row][0].add(V::load(from(row)));
                }
                let last = V::load_first(from(row).add(whole * V::LANES), rest);
                self.totals[row][VECTORS - 1] = self.totals[row][VECTORS - 1].add(last);
            }
        }
    }

    /// Writes `columns` values of each row to `to(row)`.
    ///
    /// # Safety
    /// Each `to(row)` is valid for writing `columns` elements.
    #[inline(always)]
    pub(crate) unsafe fn store(&self, columns: usize, to: impl Fn(usize) -> *mut V::Element) {
        if columns == VECTORS * V::LANES {
            for row in 0..ROWS {
                for vector in 0..VECTORS {
                    // SAFETY: the caller's promise.
                    unsafe { self.totals[row][vector].store(to(row).add(vector * V::LANES)) };
                }
            }
            return;
        }
        let (whole, rest) = (columns / V::LANES, columns % V::LANES);
        for row in 0..ROWS {
            // SAFETY: the caller's promise: `whole` vectors and `rest` elements.
            unsafe {
                if whole == 1 {
                    self.totals[row][0].store(to(row));
                }
                self.totals[row][VECTORS - 1].store_first(to(row).add(whole * V::LANES), rest);
            }
        }
    }
}

/// Rows of a tile two vectors wide that the registers hold, with room for the operands.
pub(crate) struct RowsPerTile<V>(PhantomData<V>);

impl<V: Vector> RowsPerTile<V> {
    /// The width tells the number of registers: 32 of 16 lanes, 16 of 8.
    pub(crate) const MOST: usize = if V::LANES >= 16 { 12 } else { 6 };
}

/// `body` with the constant `ROWS` for a number of rows that a tile of vectors `V` can have.
macro_rules! with_tile_rows {
    ($vector:ty, $rows:expr, |$constant:ident| $body:expr) => {
        with_tile_rows!(@ $vector, $rows, $constant, $body, 1 2 3 4 5 6 7 8 9 10 11 12)
    };
    (@ $vector:ty, $rows:expr, $constant:ident, $body:expr, $($count:literal)*) => {
        match $rows {
            $($count if $count <= RowsPerTile::<$vector>::MOST => {
                const $constant: usize = $count;
                $body;
            })*
            _ => unreachable!("more rows than fit a tile"),
        }
    };
}
pub(super) use with_tile_rows;
