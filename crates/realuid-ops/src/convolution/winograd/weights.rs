#![allow(unsafe_code)]

use crate::{
    buffer::Buffer,
    element::Element,
    parallel::chunks,
    simd::{OnVectors, Vector},
};

use super::{
    patches::{point_stride, points_len},
    runner::{Runner, Widest},
    sizes::{BLOCK, PANEL, PATCH, POINTS},
    transforms::{kernel_to_points, transposed},
};

/// What a transformed weight is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The convolution itself.
    Forward,
    /// The gradient of its input, which is the convolution of the output's gradient with the rotated
    /// kernels, filters and channels exchanged.
    Backward,
}

/// A weight in the transformed domain, [panels, POINTS, steps, PANEL], with gaps between the points.
///
/// The layout does not depend on the machine's vectors.
#[derive(Debug)]
pub(crate) struct TransformedWeight<T: Element> {
    values: Buffer<T>,
    steps: usize,
    columns: usize,
}

impl<T: Element> TransformedWeight<T> {
    /// Transforms `weight` [filters, channels, 3, 3].
    ///
    /// # Panics
    /// If `weight` has another size.
    pub fn new(weight: &[T], filters: usize, channels: usize, direction: Direction) -> Self {
        Self::with(weight, filters, channels, direction, &Widest)
    }

    /// As [`Self::new`], the panels transformed by `runner`.
    pub(super) fn with(
        weight: &[T],
        filters: usize,
        channels: usize,
        direction: Direction,
        runner: &impl Runner<T>,
    ) -> Self {
        assert_eq!(weight.len(), filters * channels * 9, "a weight is [filters, channels, 3, 3]");
        let (steps, columns) = match direction {
            Direction::Forward => (channels, filters),
            Direction::Backward => (filters, channels),
        };
        let panel_len = points_len(steps * PANEL);
        let len = columns.div_ceil(PANEL) * panel_len;
        let mut values = Buffer::stale(len);
        chunks(&mut values, panel_len, panel_len * 4, |panel, output| {
            let first = panel * PANEL;
            let count = PANEL.min(columns - first);
            runner.run(Panel { weight, channels, direction, first, count, steps, output });
        });
        Self { values, steps, columns }
    }

    /// Terms of the sums: channels of the input of the product.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// Channels of the output of the product.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The right factor for `panel` at `point`, [steps, PANEL].
    pub(super) fn factor(&self, panel: usize, point: usize) -> &[T] {
        let stride = point_stride(self.steps * PANEL);
        let first = (panel * POINTS + point) * stride;
        &self.values[first..first + self.steps * PANEL]
    }
}

/// The transform of one panel.
pub(super) struct Panel<'a, T> {
    weight: &'a [T],
    channels: usize,
    direction: Direction,
    first: usize,
    count: usize,
    steps: usize,
    output: &'a mut [T],
}

impl<T: Element> OnVectors<T> for Panel<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let stride = point_stride(self.steps * PANEL);
        assert!(self.output.len() >= POINTS * stride);
        let mut taps = [[[T::zero(); PANEL]; 9]; BLOCK];
        for start in (0..self.steps).step_by(BLOCK) {
            let block = BLOCK.min(self.steps - start);
            self.gather(start, block, &mut taps);
            for (step, taps) in taps[..block].iter().enumerate() {
                for lane in (0..PANEL).step_by(V::LANES) {
                    let first = (start + step) * PANEL + lane;
                    // SAFETY: taps are whole panels; the output has all points, as asserted.
                    unsafe {
                        let to = self.output.as_mut_ptr().add(first);
                        transform_kernels::<V>(taps.as_ptr().cast::<T>().add(lane), to, stride);
                    }
                }
            }
        }
    }
}

impl<T: Element> Panel<'_, T> {
    /// The taps of `block` steps, columns side by side.
    #[inline(always)]
    fn gather(&self, start: usize, block: usize, taps: &mut [[[T; PANEL]; 9]; BLOCK]) {
        for column in 0..self.count {
            for (step, taps) in taps[..block].iter_mut().enumerate() {
                let (step, column_at) = (start + step, self.first + column);
                match self.direction {
                    Direction::Forward => {
                        let kernel = &self.weight[(column_at * self.channels + step) * 9..][..9];
                        for tap in 0..9 {
                            taps[tap][column] = kernel[tap];
                        }
                    }
                    Direction::Backward => {
                        let kernel = &self.weight[(step * self.channels + column_at) * 9..][..9];
                        for tap in 0..9 {
                            taps[8 - tap][column] = kernel[tap];
                        }
                    }
                }
            }
        }
    }
}

/// G g Gᵀ of one vector of kernels.
///
/// # Safety
/// `from` is valid for nine panels, `to` for all points, both from a lane of a panel on.
#[inline(always)]
unsafe fn transform_kernels<V: Vector>(
    from: *const V::Element,
    to: *mut V::Element,
    stride: usize,
) {
    let zero = V::splat(V::Element::ZERO);
    let mut columns = [[zero; PATCH]; 3];
    for (j, result) in columns.iter_mut().enumerate() {
        let mut column = [zero; 3];
        for (i, value) in column.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *value = unsafe { V::load(from.add((i * 3 + j) * PANEL)) };
        }
        *result = kernel_to_points(column);
    }
    for (i, row) in transposed(columns).into_iter().enumerate() {
        for (j, value) in kernel_to_points(row).into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { value.store(to.add((i * PATCH + j) * stride)) };
        }
    }
}
