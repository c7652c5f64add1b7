#![allow(unsafe_code)]

use std::ops::Range;

use super::panels::{PANEL, Panels};
use super::product::{Product, Row};
use super::split::split;
use super::tile::{RowsPerTile, Scattered, Sum, Tile, with_tile_rows};
use crate::element::Element;
use crate::simd::{OnVectors, Vector};

/// A product, for the columns of some panels of its right operand.
pub(crate) struct RowProduct<'a, T> {
    /// The product.
    pub(crate) product: Product<'a, T>,
    /// The right operand.
    pub(crate) panels: Panels<'a, T>,
    /// The panels of this task.
    pub(crate) chosen: Range<usize>,
}

impl<T: Element> OnVectors<T> for RowProduct<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let product = &self.product;
        product.check();
        self.panels.check(product.depth(), self.chosen.end);
        assert!(self.chosen.end <= product.columns.div_ceil(PANEL), "no such panel");
        let step = self.panels.step;
        let segments: Vec<_> = product
            .segments
            .iter()
            .enumerate()
            .map(|(i, &start)| (start, i * product.length * step))
            .collect();
        for panel in self.chosen.clone() {
            for within in (0..PANEL).step_by(2 * V::LANES) {
                let column = panel * PANEL + within;
                if column >= product.columns {
                    break;
                }
                let start = panel * self.panels.stride + within;
                let sum = Sum {
                    segments: &segments,
                    length: product.length,
                    left_step: 1,
                    right: self.panels.values.as_ptr().wrapping_add(start),
                    right_step: step,
                };
                self.column_of_tiles::<V>(&sum, column);
            }
        }
    }
}

impl<T: Element> RowProduct<'_, T> {
    /// All rows of up to two vectors of columns.
    #[inline(always)]
    fn column_of_tiles<V: Vector<Element = T>>(&self, sum: &Sum<'_, T>, column: usize) {
        let all = self.product.rows;
        let wide = self.product.columns - column > V::LANES;
        for rows in split(0..all.len(), RowsPerTile::<V>::MOST) {
            let rows = &all[rows];
            if wide {
                self.tile_of::<V, 2>(rows, sum, column);
            } else {
                self.tile_of::<V, 1>(rows, sum, column);
            }
        }
    }

    #[inline(always)]
    fn tile_of<V, const VECTORS: usize>(&self, rows: &[Row], sum: &Sum<'_, T>, column: usize)
    where
        V: Vector<Element = T>,
    {
        with_tile_rows!(V, rows.len(), |ROWS| self.tile::<V, ROWS, VECTORS>(rows, sum, column));
    }

    #[inline(always)]
    fn tile<V, const ROWS: usize, const VECTORS: usize>(
        &self,
        rows: &[Row],
        sum: &Sum<'_, T>,
        column: usize,
    ) where
        V: Vector<Element = T>,
    {
        let product = &self.product;
        let rows: &[Row; ROWS] = rows.try_into().expect("as many rows as the tile has");
        let mut starts = [product.left.as_ptr(); ROWS];
        for i in 0..ROWS {
            starts[i] = starts[i].wrapping_add(rows[i].from);
        }
        let columns = (product.columns - column).min(VECTORS * V::LANES);
        // SAFETY: `check` has seen that all rows and panels are inside their slices, and panels
        // have all PANEL columns. Tasks have rows and columns of their own, see `Disjoint`.
        unsafe {
            let mut tile = Tile::<V, ROWS, VECTORS>::accumulate(Scattered(starts), sum);
            if let Some(addend) = product.addend {
                let at = |i: usize| addend.as_ptr().add(rows[i].shared + column);
                if rows.iter().all(|row| row.shared == rows[0].shared) {
                    tile.add(columns, |_| at(0));
                } else {
                    tile.add(columns, at);
                }
            }
            if let Some(residual) = product.residual {
                tile.add(columns, |i| residual.as_ptr().add(rows[i].to + column));
            }
            tile.store(columns, |i| product.output.at(rows[i].to + column, columns));
        }
    }
}
