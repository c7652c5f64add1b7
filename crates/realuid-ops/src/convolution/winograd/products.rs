#![allow(unsafe_code)]

use crate::{element::Element, simd::Vector};

use super::{
    patches::point_stride,
    sizes::{BLOCK, PANEL},
};

/// The left factor of a product: element (row, step) is at row * row_stride + step * step_stride.
#[derive(Clone, Copy)]
pub(super) struct Left<'a, T> {
    /// The elements.
    pub values: &'a [T],
    /// Rows of the product.
    pub rows: usize,
    /// Elements from a row to the next.
    pub row_stride: usize,
    /// Elements from a term of the sum to the next.
    pub step_stride: usize,
}

/// What a result does to the elements where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    /// Replaces them.
    Replace,
    /// Is added to them.
    Add,
}

/// left * right, [rows, steps] x [steps, PANEL], to `output` [rows, PANEL].
///
/// Fetches the right factor of the next point meanwhile: products in the order of their points find
/// it in the nearest cache, which the machine alone does not manage for factors this short.
#[inline(always)]
pub(super) fn multiply<V: Vector>(
    left: Left<'_, V::Element>,
    right: &[V::Element],
    update: Update,
    output: &mut [V::Element],
) {
    let steps = right.len() / PANEL;
    let Left { values, rows, row_stride, step_stride } = left;
    assert!(rows > 0 && steps > 0);
    assert!(values.len() > (rows - 1) * row_stride + (steps - 1) * step_stride);
    assert!(output.len() >= rows * PANEL);
    let next = right.as_ptr().wrapping_add(point_stride(right.len()));
    let mut row = 0;
    while row < rows {
        let count = most_rows::<V>().min(rows - row);
        for column in (0..PANEL).step_by(2 * V::LANES) {
            // SAFETY: rows, steps and columns are within the slices, as asserted above.
            unsafe {
                let tile = Tile {
                    left: values.as_ptr().add(row * row_stride),
                    row_stride,
                    step_stride,
                    right: right.as_ptr().add(column),
                    steps,
                    next: next.wrapping_add(row / most_rows::<V>() * BLOCK % PANEL),
                    update,
                    output: output.as_mut_ptr().add(row * PANEL + column),
                };
                match count {
                    1 => tile.multiply::<V, 1>(),
                    2 => tile.multiply::<V, 2>(),
                    3 => tile.multiply::<V, 3>(),
                    4 => tile.multiply::<V, 4>(),
                    5 => tile.multiply::<V, 5>(),
                    6 => tile.multiply::<V, 6>(),
                    7 => tile.multiply::<V, 7>(),
                    _ => tile.multiply::<V, 8>(),
                }
            }
        }
        row += count;
    }
}

/// Rows whose sums fit in the registers: twice as many vectors, beside two of the right factor.
#[inline(always)]
const fn most_rows<V: Vector>() -> usize {
    // 256-bit vectors of f32: the set with 16 registers.
    if V::LANES == 8 { 6 } else { 8 }
}

/// A product whose result is held in registers, [ROWS, 2 * LANES].
struct Tile<T> {
    left: *const T,
    row_stride: usize,
    step_stride: usize,
    right: *const T,
    steps: usize,
    /// Where to prefetch one cache line of each step.
    next: *const T,
    update: Update,
    output: *mut T,
}

impl<T: Element> Tile<T> {
    /// # Safety
    /// `left` is valid for ROWS rows and `steps` steps, `right` for `steps` rows of a panel from a
    /// column on, `output` for ROWS rows of a panel from that column on.
    #[inline(always)]
    unsafe fn multiply<V: Vector<Element = T>, const ROWS: usize>(&self) {
        let mut sums = [[V::splat(T::zero()); 2]; ROWS];
        let (mut left, mut right, mut next) = (self.left, self.right, self.next);
        for _ in 0..self.steps {
            // SAFETY: the caller's promise.
            unsafe {
                let columns = [V::load(right), V::load(right.add(V::LANES))];
                for (row, sum) in sums.iter_mut().enumerate() {
                    let factor = V::splat(*left.add(row * self.row_stride));
                    sum[0] = factor.mul_add(columns[0], sum[0]);
                    sum[1] = factor.mul_add(columns[1], sum[1]);
                }
                left = left.wrapping_add(self.step_stride);
                right = right.wrapping_add(PANEL);
                V::prefetch(next);
                next = next.wrapping_add(PANEL);
            }
        }
        for (row, sum) in sums.into_iter().enumerate() {
            for (half, value) in sum.into_iter().enumerate() {
                // SAFETY: the caller's promise.
                unsafe {
                    let to = self.output.add(row * PANEL + half * V::LANES);
                    let value = match self.update {
                        Update::Replace => value,
                        Update::Add => value.add(V::load(to)),
                    };
                    value.store(to);
                }
            }
        }
    }
}
