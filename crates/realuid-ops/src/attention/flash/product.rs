#![allow(unsafe_code)]

use super::panels::{padded, panel_width};
use crate::element::Element;
use crate::simd::Vector;

/// The left side of a product, element (i, k) at `i * row_stride + k * inner_stride`.
#[derive(Clone, Copy)]
pub(super) struct Left<'a, T> {
    pub data: &'a [T],
    pub row_stride: usize,
    pub inner_stride: usize,
}

/// Sizes of a product [rows, inner] [inner, columns].
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub rows: usize,
    pub inner: usize,
    pub columns: usize,
}

/// What becomes of a product.
#[derive(Clone, Copy)]
pub(super) enum Write<T> {
    /// out = factor * product.
    Scaled(T),
    /// out = out + product.
    Added,
}

/// Writes the product of `left` and packed `panels` into rows of `out` that are `out_stride` apart,
/// padding columns included.
#[inline(always)]
pub(super) fn multiply<V: Vector>(
    left: Left<'_, V::Element>,
    panels: &[V::Element],
    (out, out_stride): (&mut [V::Element], usize),
    shape: Shape,
    write: Write<V::Element>,
) {
    let Shape { rows, inner, columns } = shape;
    let columns = padded::<V>(columns);
    let last = (rows - 1) * left.row_stride + (inner - 1) * left.inner_stride;
    assert!(last < left.data.len(), "left side of a product");
    assert!(panels.len() >= inner * columns, "right side of a product");
    assert!(out_stride >= columns && out.len() >= (rows - 1) * out_stride + columns, "product");
    let panel = panel_width::<V>();
    for column in (0..columns).step_by(panel) {
        let mut row = 0;
        while row < rows {
            // SAFETY: the assertions above; `row` and `column` are below their ends, and `block`
            // takes at most the rows that are left.
            row += unsafe {
                let block = Block::<V> {
                    left: left.data.as_ptr().add(row * left.row_stride),
                    row_stride: left.row_stride,
                    inner_stride: left.inner_stride,
                    panel: panels.as_ptr().add(column * inner),
                    inner,
                    out: out.as_mut_ptr().add(row * out_stride + column),
                    out_stride,
                };
                block.largest(rows - row, write)
            };
        }
    }
}

/// A few rows of the left side times one panel, the sums in registers.
struct Block<V: Vector> {
    left: *const V::Element,
    row_stride: usize,
    inner_stride: usize,
    panel: *const V::Element,
    inner: usize,
    out: *mut V::Element,
    out_stride: usize,
}

impl<V: Vector> Block<V> {
    /// Computes as many of the `rows` rows as registers allow and returns how many that were.
    ///
    /// # Safety
    /// `left` is readable at `rows` by `inner` elements, `panel` at `inner` times a panel's width,
    /// `out` writable at `rows` by a panel's width.
    #[inline(always)]
    unsafe fn largest(&self, rows: usize, write: Write<V::Element>) -> usize {
        // The machines with 8 lanes have 16 registers, the others 32.
        let most = if V::LANES == 8 { 6 } else { 8 };
        // SAFETY: the caller's promise, for at most `rows` rows.
        unsafe {
            match rows.min(most) {
                8 => self.rows::<8>(write),
                6.. => self.rows::<6>(write),
                4.. => self.rows::<4>(write),
                2.. => self.rows::<2>(write),
                _ => self.rows::<1>(write),
            }
        }
    }

    /// # Safety
    /// As for [`Block::largest`], for `ROWS` rows.
    #[inline(always)]
    unsafe fn rows<const ROWS: usize>(&self, write: Write<V::Element>) -> usize {
        let mut sums = [[V::splat(V::Element::ZERO); 2]; ROWS];
        // SAFETY: the caller's promise.
        unsafe {
            for k in 0..self.inner {
                let panel = self.panel.add(k * panel_width::<V>());
                let right = [V::load(panel), V::load(panel.add(V::LANES))];
                let left = self.left.add(k * self.inner_stride);
                for (row, sums) in sums.iter_mut().enumerate() {
                    let left = V::splat(*left.add(row * self.row_stride));
                    sums[0] = left.mul_add(right[0], sums[0]);
                    sums[1] = left.mul_add(right[1], sums[1]);
                }
            }
            for (row, sums) in sums.iter().enumerate() {
                for (half, sum) in sums.iter().enumerate() {
                    let out = self.out.add(row * self.out_stride + half * V::LANES);
                    match write {
                        Write::Scaled(factor) => sum.mul(V::splat(factor)).store(out),
                        Write::Added => sum.add(V::load(out)).store(out),
                    }
                }
            }
        }
        ROWS
    }
}
