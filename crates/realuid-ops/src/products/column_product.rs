#![allow(unsafe_code)]

use std::ops::Range;

use super::split::split;
use super::tile::{Adjacent, RowsPerTile, Sum, Tile, with_tile_rows};
use crate::element::Element;
use crate::simd::Vector;

/// The left operand transposed times the right one, both row-major, as in the gradient for a weight:
/// `out[row, column] += sum of left[l + k * left_step + row] * right[r + k * right_step + column]` over
/// all segments (l, r) and all k below `length`.
pub(crate) struct ColumnProduct<'a, T> {
    /// The left operand.
    pub(crate) left: &'a [T],
    /// Elements of the left operand between steps.
    pub(crate) left_step: usize,
    /// The right operand; whole vectors of it are read, also behind the last column.
    pub(crate) right: &'a [T],
    /// Elements of the right operand between steps.
    pub(crate) right_step: usize,
    /// Starts of the segments in both operands.
    pub(crate) segments: &'a [(usize, usize)],
    /// Steps of a segment.
    pub(crate) length: usize,
    /// Columns of the left operand that are the rows of `out`.
    pub(crate) rows: Range<usize>,
    /// Columns of the product.
    pub(crate) columns: usize,
    /// Elements of `out` between rows.
    pub(crate) out_step: usize,
}

impl<T: Element> ColumnProduct<'_, T> {
    /// Adds the product to `out`; to be called from `OnVectors::run`.
    #[inline(always)]
    pub(crate) fn add_to<V: Vector<Element = T>>(&self, out: &mut [T]) {
        self.check::<V>(out);
        let mut column = 0;
        while column < self.columns {
            let sum = Sum {
                segments: self.segments,
                length: self.length,
                left_step: self.left_step,
                right: self.right.as_ptr().wrapping_add(column),
                right_step: self.right_step,
            };
            let wide = self.columns - column > V::LANES;
            for rows in split(0..self.rows.len(), RowsPerTile::<V>::MOST) {
                if wide {
                    self.tile_of::<V, 2>(rows, &sum, column, out);
                } else {
                    self.tile_of::<V, 1>(rows, &sum, column, out);
                }
            }
            column += 2 * V::LANES;
        }
    }

    /// Panics unless every element that the kernel touches exists.
    #[inline(always)]
    fn check<V: Vector>(&self, out: &[T]) {
        if self.rows.is_empty() || self.columns == 0 {
            return;
        }
        assert!((self.rows.len() - 1) * self.out_step + self.columns <= out.len(), "short output");
        if self.length == 0 {
            return;
        }
        let whole = self.columns.next_multiple_of(V::LANES);
        let steps = self.length - 1;
        for &(left, right) in self.segments {
            assert!(left + steps * self.left_step + self.rows.end <= self.left.len(), "short left");
            assert!(right + steps * self.right_step + whole <= self.right.len(), "short right");
        }
    }

    #[inline(always)]
    fn tile_of<V, const VECTORS: usize>(
        &self,
        rows: Range<usize>,
        sum: &Sum<'_, T>,
        column: usize,
        out: &mut [T],
    ) where
        V: Vector<Element = T>,
    {
        with_tile_rows!(V, rows.len(), |ROWS| {
            self.tile::<V, ROWS, VECTORS>(rows.start, sum, column, out);
        });
    }

    #[inline(always)]
    fn tile<V, const ROWS: usize, const VECTORS: usize>(
        &self,
        first: usize,
        sum: &Sum<'_, T>,
        column: usize,
        out: &mut [T],
    ) where
        V: Vector<Element = T>,
    {
        let columns = (self.columns - column).min(VECTORS * V::LANES);
        let left = self.left.as_ptr().wrapping_add(self.rows.start + first);
        // SAFETY: `check` has seen that all segments, with whole vectors on the right, are inside
        // their operands, and that `out` has all rows.
        unsafe {
            let mut tile = Tile::<V, ROWS, VECTORS>::accumulate(Adjacent(left), sum);
            let start = out.as_mut_ptr().add(first * self.out_step + column);
            let to = |row: usize| start.wrapping_add(row * self.out_step);
            tile.add(columns, |row| to(row).cast_const());
            tile.store(columns, to);
        }
    }
}
