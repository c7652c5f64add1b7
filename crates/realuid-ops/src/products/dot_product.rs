#![allow(unsafe_code)]

use std::ops::Range;

use super::product::{Product, Row};
use super::split::split;
use crate::element::Element;
use crate::simd::{OnVectors, Vector};

/// A product as dot products of left rows and rows of the transposed right operand: for few
/// columns, which would leave panels mostly empty, and for few rows, which would not repay the
/// packing.
pub(crate) struct DotProduct<'a, T> {
    /// The product.
    pub(crate) product: Product<'a, T>,
    /// The right operand, transposed: [columns, segments, length].
    pub(crate) right: &'a [T],
    /// The columns of this task.
    pub(crate) chosen: Range<usize>,
}

/// Columns of a tile: as many dot products share a load of the left operand.
const COLUMNS_PER_TILE: usize = 4;

impl<T: Element> OnVectors<T> for DotProduct<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let product = &self.product;
        product.check();
        assert!(self.chosen.end <= product.columns, "no such column");
        assert!(self.chosen.end * product.depth() <= self.right.len(), "missing columns");
        for columns in split(self.chosen.clone(), COLUMNS_PER_TILE) {
            match columns.len() {
                1 => self.columns_of::<V, 1>(columns.start),
                2 => self.columns_of::<V, 2>(columns.start),
                3 => self.columns_of::<V, 3>(columns.start),
                _ => self.columns_of::<V, COLUMNS_PER_TILE>(columns.start),
            }
        }
    }
}

impl<T: Element> DotProduct<'_, T> {
    #[inline(always)]
    fn columns_of<V: Vector<Element = T>, const COLUMNS: usize>(&self, column: usize) {
        let most = if V::LANES >= 16 { 6 } else { 2 };
        for rows in split(0..self.product.rows.len(), most) {
            let rows = &self.product.rows[rows];
            match rows.len() {
                1 => self.tile::<V, 1, COLUMNS>(rows, column),
                2 => self.tile::<V, 2, COLUMNS>(rows, column),
                3 => self.tile::<V, 3, COLUMNS>(rows, column),
                4 => self.tile::<V, 4, COLUMNS>(rows, column),
                5 => self.tile::<V, 5, COLUMNS>(rows, column),
                _ => self.tile::<V, 6, COLUMNS>(rows, column),
            }
        }
    }

    #[inline(always)]
    fn tile<V, const ROWS: usize, const COLUMNS: usize>(&self, rows: &[Row], column: usize)
    where
        V: Vector<Element = T>,
    {
        let product = &self.product;
        let rows: &[Row; ROWS] = rows.try_into().expect("as many rows as the tile has");
        let mut left = [product.left.as_ptr(); ROWS];
        for i in 0..ROWS {
            left[i] = left[i].wrapping_add(rows[i].from);
        }
        let mut right = [self.right.as_ptr(); COLUMNS];
        for (i, start) in right.iter_mut().enumerate() {
            *start = start.wrapping_add((column + i) * product.depth());
        }
        let mut totals = [[V::splat(T::zero()); COLUMNS]; ROWS];
        let whole = product.length / V::LANES * V::LANES;
        let rest = product.length - whole;
        for (i, &segment) in product.segments.iter().enumerate() {
            let at = |k: usize| (segment + k, i * product.length + k);
            for k in (0..whole).step_by(V::LANES) {
                // SAFETY: `check` has seen that rows and columns are inside their operands.
                multiply_add(&mut totals, left, right, at(k), |p| unsafe { V::load(p) });
            }
            if rest > 0 {
                let load = |p| {
                    // SAFETY: as above.
                    unsafe { V::load_first(p, rest) }
                };
                multiply_add(&mut totals, left, right, at(whole), load);
            }
        }
        for i in 0..ROWS {
            for (j, &total) in totals[i].iter().enumerate() {
                self.finish(&rows[i], column + j, sum_of_lanes(total));
            }
        }
    }

    #[inline(always)]
    fn finish(&self, row: &Row, column: usize, total: T) {
        let mut total = total;
        if let Some(addend) = self.product.addend {
            total += addend[row.shared + column];
        }
        if let Some(residual) = self.product.residual {
            total += residual[row.to + column];
        }
        // SAFETY: `check`; tasks have rows and columns of their own, see `Disjoint`.
        unsafe { *self.product.output.at(row.to + column, 1) = total };
    }
}

/// One vector of steps, `load`ed from each row and each column at the offsets of the pair.
#[inline(always)]
fn multiply_add<V: Vector, const ROWS: usize, const COLUMNS: usize>(
    totals: &mut [[V; COLUMNS]; ROWS],
    left: [*const V::Element; ROWS],
    right: [*const V::Element; COLUMNS],
    (left_offset, right_offset): (usize, usize),
    load: impl Fn(*const V::Element) -> V,
) {
    let mut columns = [V::splat(V::Element::ZERO); COLUMNS];
    for column in 0..COLUMNS {
        columns[column] = load(right[column].wrapping_add(right_offset));
    }
    for row in 0..ROWS {
        let factor = load(left[row].wrapping_add(left_offset));
        for column in 0..COLUMNS {
            totals[row][column] = factor.mul_add(columns[column], totals[row][column]);
        }
    }
}

/// The sum of the lanes, in pairs of halves.
#[inline(always)]
fn sum_of_lanes<V: Vector>(vector: V) -> V::Element {
    let mut lanes = [V::Element::ZERO; 16];
    assert!(V::LANES <= lanes.len());
    // SAFETY: there is room for all lanes.
    unsafe { vector.store(lanes.as_mut_ptr()) };
    let mut half = V::LANES / 2;
    while half > 0 {
        for lane in 0..half {
            let other = lanes[half + lane];
            lanes[lane] += other;
        }
        half /= 2;
    }
    lanes[0]
}
