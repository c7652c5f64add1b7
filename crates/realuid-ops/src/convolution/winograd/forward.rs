#![allow(unsafe_code)]

use std::ops::Range;

use crate::{
    buffer::Buffer,
    element::Element,
    parallel::{self, Disjoint},
    simd::{OnVectors, Vector},
};

use super::{
    output::Target,
    patches::{Part, Patches, point_stride, points_len, transform_patches},
    products::{Left, Update, multiply},
    runner::{Runner, Widest},
    sizes::{BLOCK, PANEL, POINTS, Sizes},
    stage::staged_len,
    weights::TransformedWeight,
};
use crate::convolution::{Epilogue, Resolution, Source};

/// The convolution of `source` with `weight`, plus what `epilogue` adds, to `output` [batch, height,
/// width, filters].
///
/// # Panics
/// If a slice has another size than `sizes` says.
pub(crate) fn forward<T: Element>(
    source: &Source<'_, T>,
    weight: &TransformedWeight<T>,
    epilogue: &Epilogue<'_, T>,
    sizes: Sizes,
    output: &mut [T],
) {
    let output = Disjoint::new(output);
    let target = Target { output, epilogue, sizes, resolution: Resolution::Full };
    convolve(source, weight, target, &Widest);
}

/// The gradient of the convolution's input from that of its output, `dy` [batch, height, width,
/// filters], with a weight transformed for [`super::Direction::Backward`].
///
/// `output` is [batch, height, width, channels], before padding and after the activation; at half
/// resolution [batch, height / 2, width / 2, channels], the sums over the repeated pixels.
///
/// # Panics
/// If a slice has another size than `sizes` says.
pub(crate) fn input_gradient<T: Element>(
    dy: &[T],
    weight: &TransformedWeight<T>,
    sizes: Sizes,
    resolution: Resolution,
    output: &mut [T],
) {
    let source = Source::plain(dy);
    let output = Disjoint::new(output);
    let epilogue = &Epilogue::NOTHING;
    let target = Target { output, epilogue, sizes: sizes.backward(), resolution };
    convolve(&source, weight, target, &Widest);
}

/// Cuts the convolution into tasks, which `runner` runs.
pub(super) fn convolve<T: Element>(
    source: &Source<'_, T>,
    weight: &TransformedWeight<T>,
    target: Target<'_, T>,
    runner: &impl Runner<T>,
) {
    let sizes = target.sizes;
    source.check(sizes.batch, sizes.pixels(), sizes.channels);
    target.check();
    assert_eq!((weight.steps(), weight.columns()), (sizes.channels, sizes.filters), "weight");
    let (rows, panels) = shares(sizes);
    let down = sizes.tile_rows().div_ceil(rows);
    let tasks = down * sizes.filter_panels().div_ceil(panels);
    parallel::run(tasks, |task| {
        let (row, panel) = (task % down * rows, task / down * panels);
        runner.run(Task {
            source,
            weight,
            target,
            tile_rows: row..sizes.tile_rows().min(row + rows),
            panels: panel..sizes.filter_panels().min(panel + panels),
        });
    });
}

/// Rows of tiles and panels of filters that a task takes; from sizes alone, so that results do not
/// depend on the number of threads.
fn shares(sizes: Sizes) -> (usize, usize) {
    // The more tiles, the less often the weight is read; but the patches should stay in half a MiB.
    let tiles = if sizes.channels <= 192 { 32 } else { 16 };
    let rows = (tiles / sizes.tiles_across()).clamp(1, sizes.tile_rows());
    // Where this leaves few tasks, filters are shared out too, and patches transformed repeatedly,
    // which costs a tenth of the products of two panels.
    let tasks = sizes.tile_rows().div_ceil(rows);
    let panels = (sizes.filter_panels() * tasks / LEAST_TASKS).max(2);
    (rows, panels.min(sizes.filter_panels()))
}

/// Tasks that keep the cores of a small machine busy.
const LEAST_TASKS: usize = 8;

/// Some rows of tiles, for some panels of filters.
pub(super) struct Task<'a, T: Element> {
    source: &'a Source<'a, T>,
    weight: &'a TransformedWeight<T>,
    target: Target<'a, T>,
    tile_rows: Range<usize>,
    panels: Range<usize>,
}

impl<T: Element> OnVectors<T> for Task<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let sizes = self.target.sizes;
        let tiles = self.tile_rows.len() * sizes.tiles_across();
        let steps = sizes.channels.next_multiple_of(BLOCK);
        let staged = staged_len(sizes, self.tile_rows.len());
        let (patches, products) = (points_len(tiles * steps), points_len(tiles * PANEL));
        let mut scratch = Buffer::stale(staged + patches + products);
        let products_stride = point_stride(tiles * PANEL);
        let (staged, rest) = scratch.split_at_mut(staged);
        let (products, values) = rest.split_at_mut(products);
        let point_stride = point_stride(tiles * steps);
        let mut patches = Patches { values, tile_stride: steps, point_stride };
        let part = Part { tile_rows: self.tile_rows.clone(), channels: 0..sizes.channels };
        transform_patches::<V>(self.source, sizes, &part, staged, &mut patches);
        for panel in self.panels.clone() {
            for point in 0..POINTS {
                let left = Left {
                    values: &patches.values[point * patches.point_stride..],
                    rows: tiles,
                    row_stride: patches.tile_stride,
                    step_stride: 1,
                };
                let output = &mut products[point * products_stride..];
                multiply::<V>(left, self.weight.factor(panel, point), Update::Replace, output);
            }
            // SAFETY: tasks differ in their rows of tiles or their panels; the sizes were checked.
            unsafe { self.target.write::<V>(products, self.tile_rows.clone(), panel) };
        }
    }
}
