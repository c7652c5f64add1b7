#![allow(unsafe_code)]

use std::ops::Range;

use super::column_product::ColumnProduct;
use super::linear::{Linear, LinearInput};
use super::panels::{PANEL, copy_panel};
use super::split::part;
use crate::buffer::Buffer;
use crate::element::Element;
use crate::parallel::{self, Disjoint};
use crate::simd::{OnVectors, Vector};

impl Linear {
    /// `out` [outputs, inputs] = dy^T x, for `dy` [rows, outputs].
    ///
    /// # Panics
    /// If a slice has not the size that its shape says.
    pub fn weight_gradient<T: Element>(self, x: LinearInput<'_, T>, dy: &[T], out: &mut [T]) {
        assert_eq!(dy.len(), self.rows * self.outputs, "dy [rows, outputs]");
        assert_eq!(out.len(), self.inputs * self.outputs, "out [outputs, inputs]");
        let parts = (self.rows / ROWS_PER_PART).clamp(1, MOST_PARTS);
        if parts == 1 {
            self.parts_of_gradient(x, dy, 1, out);
            return;
        }
        let mut sums = Buffer::stale(parts * out.len());
        self.parts_of_gradient(x, dy, parts, &mut sums);
        out.copy_from_slice(&sums[..out.len()]);
        for part in sums.chunks_exact(out.len()).skip(1) {
            for (sum, &addend) in out.iter_mut().zip(part) {
                *sum += addend;
            }
        }
    }

    /// out [parts, outputs, inputs]: the sums over each part of the rows.
    fn parts_of_gradient<T: Element>(
        self,
        x: LinearInput<'_, T>,
        dy: &[T],
        parts: usize,
        out: &mut [T],
    ) {
        let output = Disjoint::new(out);
        let panels = self.inputs.div_ceil(PANEL);
        let groups = (TASKS / parts).min(panels);
        parallel::run(groups * parts, |task| {
            let (group, index) = (task / parts, task % parts);
            T::on_vectors(PartOfGradient {
                linear: self,
                x,
                dy,
                panels: part(panels, group, groups),
                rows: part(self.rows, index, parts),
                start: index * self.outputs * self.inputs,
                output,
            });
        });
    }
}

/// Tasks that keep the machine busy to the end, where the sizes allow for them.
const TASKS: usize = 8;

/// Rows that repay sums of their own.
const ROWS_PER_PART: usize = 1024;

/// Parts whose sums still cost little to add up.
const MOST_PARTS: usize = 4;

/// Rows of a panel that stay in the nearest cache.
const ROWS_PER_CHUNK: usize = 256;

/// The sums over some rows, for some panels of inputs: together, so that dy is fetched once for
/// them.
struct PartOfGradient<'a, T> {
    /// The sizes.
    linear: Linear,
    /// The rows that the map was applied to.
    x: LinearInput<'a, T>,
    /// [rows, outputs].
    dy: &'a [T],
    /// Panels of PANEL inputs.
    panels: Range<usize>,
    /// The rows to sum over.
    rows: Range<usize>,
    /// Where the part starts in the output.
    start: usize,
    /// [parts, outputs, inputs].
    output: Disjoint<'a, T>,
}

impl<T: Element> OnVectors<T> for PartOfGradient<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let Linear { inputs, outputs, .. } = self.linear;
        let size = outputs * PANEL;
        let mut sums = Buffer::zeros(self.panels.len() * size);
        let mut copy = Buffer::stale(ROWS_PER_CHUNK * PANEL);
        for first in self.rows.clone().step_by(ROWS_PER_CHUNK) {
            let rows = first..(first + ROWS_PER_CHUNK).min(self.rows.end);
            for (panel, sums) in self.panels.clone().zip(sums.chunks_exact_mut(size)) {
                self.add_chunk::<V>(panel, &rows, &mut copy, sums);
            }
        }
        for (panel, sums) in self.panels.clone().zip(sums.chunks_exact(size)) {
            let columns = (inputs - panel * PANEL).min(PANEL);
            for (row, sums) in sums.chunks_exact(PANEL).enumerate() {
                let first = self.start + row * inputs + panel * PANEL;
                // SAFETY: these rows and columns are of this task alone.
                unsafe { self.output.write(first, &sums[..columns]) };
            }
        }
    }
}

impl<T: Element> PartOfGradient<'_, T> {
    /// Adds what some rows contribute to a panel's sums [outputs, PANEL].
    #[inline(always)]
    fn add_chunk<V: Vector<Element = T>>(
        &self,
        panel: usize,
        rows: &Range<usize>,
        copy: &mut [T],
        sums: &mut [T],
    ) {
        let Linear { inputs, outputs, .. } = self.linear;
        let columns = (inputs - panel * PANEL).min(PANEL);
        let stride = self.x.stride;
        let values = &self.x.values[rows.start * stride + panel * PANEL..];
        // Rows of one panel are close together as they are, if whole vectors can be read of the
        // last.
        let in_place = stride <= PANEL && values.len() >= (rows.len() - 1) * stride + PANEL;
        if !in_place {
            for (row, out) in copy.chunks_exact_mut(PANEL).enumerate().take(rows.len()) {
                copy_panel(&values[row * stride..][..columns], out);
            }
        }
        ColumnProduct {
            left: self.dy,
            left_step: outputs,
            right: if in_place { values } else { copy },
            right_step: if in_place { stride } else { PANEL },
            segments: &[(rows.start * outputs, 0)],
            length: rows.len(),
            rows: 0..outputs,
            columns,
            out_step: PANEL,
        }
        .add_to::<V>(sums);
    }
}
