#![allow(unsafe_code)]

use std::ops::Range;

use crate::{
    buffer::Buffer,
    element::Element,
    parallel::{self, Disjoint},
    simd::{OnVectors, Vector},
};

use super::{
    patches::{Part, Patches, point_stride, points_len, transform_patches},
    products::{Left, Update, multiply},
    runner::{Runner, Widest},
    sizes::{PANEL, PATCH, POINTS, Sizes},
    stage::staged_len,
    tile_gradients::TileGradients,
    transforms::{points_to_kernel, transposed},
};
use crate::convolution::Source;

/// The gradient of the weight from `source`, the convolution's input, and the gradient of its
/// output, `dy` [batch, height, width, filters], to `output` [filters, channels, 3, 3].
///
/// # Panics
/// If a slice has another size than `sizes` says.
pub(crate) fn weight_gradient<T: Element>(
    source: &Source<'_, T>,
    dy: &[T],
    sizes: Sizes,
    output: &mut [T],
) {
    convolve_back(source, dy, sizes, output, &Widest);
}

/// Cuts the gradient into tasks, which `runner` runs.
pub(super) fn convolve_back<T: Element>(
    source: &Source<'_, T>,
    dy: &[T],
    sizes: Sizes,
    output: &mut [T],
    runner: &impl Runner<T>,
) {
    let Sizes { batch, height, width, channels, filters } = sizes;
    source.check(sizes.batch, sizes.pixels(), sizes.channels);
    assert_eq!(dy.len(), batch * height * width * filters, "gradient of the output");
    assert_eq!(output.len(), filters * channels * 9, "gradient of the weight");
    let output = Disjoint::new(output);
    let Shares { chunk, rows, panels } = Shares::new(sizes);
    let blocks = channels.div_ceil(PANEL);
    let groups = sizes.filter_panels().div_ceil(panels);
    for start in (0..sizes.tile_rows()).step_by(rows) {
        let tile_rows = start..sizes.tile_rows().min(start + rows);
        let gradients = TileGradients::new(dy, sizes, tile_rows, chunk, runner);
        let update = if start == 0 { Update::Replace } else { Update::Add };
        parallel::run(blocks * groups, |task| {
            let (first, panel) = (task % blocks * PANEL, task / blocks * panels);
            let panels = panel..sizes.filter_panels().min(panel + panels);
            runner.run(Task {
                source,
                gradients: &gradients,
                sizes,
                first,
                panels,
                update,
                output,
            });
        });
    }
}

/// How the work is cut; from sizes alone, so that results do not depend on the number of threads.
struct Shares {
    /// Rows of tiles whose patches are transformed together.
    chunk: usize,
    /// Rows of tiles whose gradients are kept transformed, a multiple of `chunk`.
    rows: usize,
    /// Panels of filters that a task takes.
    panels: usize,
}

impl Shares {
    fn new(sizes: Sizes) -> Self {
        let across = sizes.tiles_across();
        let chunk = (CHUNK_TILES / across).clamp(1, sizes.tile_rows());
        let row_len = POINTS * across * sizes.filter_panels() * PANEL;
        let rows = (KEPT / (row_len * chunk)).max(1) * chunk;
        // Filters are shared out too where there are few blocks of channels, although each task
        // transforms the patches again.
        let blocks = sizes.channels.div_ceil(PANEL);
        let panels = (sizes.filter_panels() * blocks / LEAST_TASKS).clamp(1, sizes.filter_panels());
        Self { chunk, rows, panels }
    }
}

/// Tiles of a chunk: enough terms of a sum between two visits to it, few enough for the cache.
const CHUNK_TILES: usize = 64;

/// Elements of the transformed gradients that are kept: they should stay in the outermost cache.
const KEPT: usize = 3 << 20;

/// Tasks that keep the cores of a small machine busy.
const LEAST_TASKS: usize = 4;

/// The gradient for the PANEL channels from `first` on, for some panels of filters.
pub(super) struct Task<'a, T: Element> {
    source: &'a Source<'a, T>,
    gradients: &'a TileGradients<T>,
    sizes: Sizes,
    first: usize,
    panels: Range<usize>,
    update: Update,
    output: Disjoint<'a, T>,
}

impl<T: Element> OnVectors<T> for Task<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let sizes = self.sizes;
        let across = sizes.tiles_across();
        let rows = self.gradients.chunks().iter().map(Range::len).max().unwrap_or(0);
        let sums_len = points_len(PANEL * PANEL);
        let panels = self.panels.len();
        let (staged, patches) = (staged_len(sizes, rows), points_len(rows * across * PANEL));
        let mut scratch = Buffer::stale(staged + patches + panels * sums_len);
        let (staged, rest) = scratch.split_at_mut(staged);
        let (values, rest) = rest.split_at_mut(patches);
        let sums = &mut rest[..panels * sums_len];
        let channels = self.first..sizes.channels.min(self.first + PANEL);
        for (chunk, tile_rows) in self.gradients.chunks().iter().enumerate() {
            let point_stride = point_stride(tile_rows.len() * across * PANEL);
            let mut patches = Patches { values: &mut *values, tile_stride: PANEL, point_stride };
            let part = Part { tile_rows: tile_rows.clone(), channels: channels.clone() };
            transform_patches::<V>(self.source, sizes, &part, staged, &mut patches);
            self.add_products::<V>(chunk, &patches, sums);
        }
        for (panel, sums) in sums.chunks_exact(sums_len).enumerate() {
            self.write::<V>(sums, self.panels.start + panel);
        }
    }
}

impl<T: Element> Task<'_, T> {
    /// Adds the products of a chunk to `sums` [panels, POINTS, PANEL channels, PANEL filters];
    /// replaces them by those of the first chunk.
    #[inline(always)]
    fn add_products<V: Vector<Element = T>>(
        &self,
        chunk: usize,
        patches: &Patches<'_, T>,
        sums: &mut [T],
    ) {
        let update = if chunk == 0 { Update::Replace } else { Update::Add };
        let rows = PANEL.min(self.sizes.channels - self.first);
        for (panel, sums) in sums.chunks_exact_mut(points_len(PANEL * PANEL)).enumerate() {
            for point in 0..POINTS {
                let left = Left {
                    values: &patches.values[point * patches.point_stride..],
                    rows,
                    row_stride: 1,
                    step_stride: patches.tile_stride,
                };
                let gradients = self.gradients.factor(chunk, self.panels.start + panel, point);
                let sums = &mut sums[point * point_stride(PANEL * PANEL)..];
                multiply::<V>(left, gradients, update, sums);
            }
        }
    }

    /// Transforms the sums of a panel of filters to kernels and writes these.
    #[inline(always)]
    fn write<V: Vector<Element = T>>(&self, sums: &[T], panel: usize) {
        let Sizes { channels, filters, .. } = self.sizes;
        let stride = point_stride(PANEL * PANEL);
        let rows = PANEL.min(channels - self.first);
        let mut kernels = [[[T::zero(); PANEL]; 9]; PANEL];
        for (row, kernels) in kernels[..rows].iter_mut().enumerate() {
            for lane in (0..PANEL).step_by(V::LANES) {
                let from = sums[row * PANEL + lane..].as_ptr();
                let to = kernels.as_flattened_mut()[lane..].as_mut_ptr();
                // SAFETY: the sums have all points of all channels; kernels nine whole panels.
                unsafe { transform_points::<V>(from, stride, to) };
            }
        }
        for column in 0..PANEL.min(filters - panel * PANEL) {
            let first = ((panel * PANEL + column) * channels + self.first) * 9;
            // SAFETY: tasks differ in their channels or filters; the size was checked on entry.
            let to = unsafe {
                std::slice::from_raw_parts_mut(self.output.at(first, rows * 9), rows * 9)
            };
            for (to, kernel) in to.chunks_exact_mut(9).zip(&kernels) {
                for (to, tap) in to.iter_mut().zip(kernel) {
                    match self.update {
                        Update::Replace => *to = tap[column],
                        Update::Add => *to += tap[column],
                    }
                }
            }
        }
    }
}

/// Gᵀ s G of one vector of kernels.
///
/// # Safety
/// `from` is valid for all points, `to` for nine panels, both from a lane of a panel on.
#[inline(always)]
unsafe fn transform_points<V: Vector>(from: *const V::Element, stride: usize, to: *mut V::Element) {
    let zero = V::splat(V::Element::ZERO);
    let mut columns = [[zero; 3]; PATCH];
    for (j, result) in columns.iter_mut().enumerate() {
        let mut column = [zero; PATCH];
        for (i, value) in column.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *value = unsafe { V::load(from.add((i * PATCH + j) * stride)) };
        }
        *result = points_to_kernel(column);
    }
    for (i, row) in transposed(columns).into_iter().enumerate() {
        for (j, value) in points_to_kernel(row).into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { value.store(to.add((i * 3 + j) * PANEL)) };
        }
    }
}
