#![allow(unsafe_code)]

use std::ops::Range;

use super::band::Band;
use super::patches;
use super::staging::{Frame, stage};
use crate::buffer::Buffer;
use crate::convolution::Geometry;
use crate::convolution::Source;
use crate::element::Element;
use crate::parallel::{self, Disjoint};
use crate::products::{ColumnProduct, LinearInput, PANEL, part};
use crate::simd::{OnVectors, Vector};

/// `out` [filters, channels, kernel, kernel] = gradient of the weight, given the gradient `dy
/// [batch, out_height, out_width, filters]` of the convolution's output.
///
/// # Panics
/// If a slice has not the size that its shape says.
pub(crate) fn weight_gradient<T: Element>(
    source: Source<'_, T>,
    dy: &[T],
    geometry: &Geometry,
    out: &mut [T],
) {
    assert_eq!(dy.len(), geometry.positions() * geometry.filters, "dy");
    assert_eq!(out.len(), geometry.filters * geometry.patch(), "out");
    if patches::are_few_for_gradients(geometry) || patches::are_short(geometry) {
        patches::weight_gradient(source, dy, geometry, out);
        return;
    }
    if geometry.kernel == 1 && geometry.stride == 1 {
        let staged = stage(source, geometry, Frame::of_input(geometry));
        let x = LinearInput { values: &staged, stride: geometry.channels };
        patches::linear_of(geometry).weight_gradient(x, dy, out);
        return;
    }
    let output = Disjoint::new(out);
    let panels = geometry.channels.div_ceil(PANEL);
    let blocks = TASKS.div_ceil(panels).min(geometry.filters.div_ceil(LEAST_FILTERS));
    parallel::run(panels * blocks, |task| {
        let (panel, block) = (task / blocks, task % blocks);
        T::on_vectors(WeightGradient {
            source,
            dy,
            geometry: *geometry,
            channels: panel * PANEL..((panel + 1) * PANEL).min(geometry.channels),
            filters: part(geometry.filters, block, blocks),
            output,
        });
    });
}

/// Tasks that keep the machine busy to the end, where the sizes allow for them.
const TASKS: usize = 8;

/// Filters that repay staging some channels for them.
const LEAST_FILTERS: usize = 48;

/// Positions that repay reading and writing the sums; more would not stay in the nearest cache.
const POSITIONS: usize = 256;

/// The gradient for some channels and filters.
struct WeightGradient<'a, T> {
    /// The convolved images.
    source: Source<'a, T>,
    /// `[batch, out_height, out_width, filters]`.
    dy: &'a [T],
    /// The sizes.
    geometry: Geometry,
    /// At most PANEL channels.
    channels: Range<usize>,
    /// The filters.
    filters: Range<usize>,
    /// [filters, channels, kernel, kernel], the whole gradient.
    output: Disjoint<'a, T>,
}

impl<T: Element> OnVectors<T> for WeightGradient<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let kernel = self.geometry.kernel;
        let mut sums = Buffer::zeros(kernel * kernel * self.filters.len() * PANEL);
        for band in Band::all(&self.geometry, POSITIONS) {
            self.add_band::<V>(&band, &mut sums);
        }
        self.write(&sums);
    }
}

impl<T: Element> WeightGradient<'_, T> {
    /// Adds what a band contributes to sums [kernel, kernel, filters, PANEL].
    #[inline(always)]
    fn add_band<V: Vector<Element = T>>(&self, band: &Band, sums: &mut [T]) {
        let Geometry { stride, kernel, filters, out_height, out_width, .. } = self.geometry;
        let channels = self.channels.len();
        let row = Frame::of_input(&self.geometry).width * channels;
        let rows_seen = band.rows_seen(&self.geometry);
        let staged = band.stage::<V>(self.source, &self.geometry, self.channels.clone());
        let segments: Vec<_> = (0..band.images.len() * band.rows.len())
            .map(|index| {
                let (image, y) = (index / band.rows.len(), index % band.rows.len());
                let of_dy = (band.images.start + image) * out_height + band.rows.start + y;
                (of_dy * out_width * filters, (image * rows_seen + y * stride) * row)
            })
            .collect();
        for (tap, sums) in sums.chunks_exact_mut(self.filters.len() * PANEL).enumerate() {
            ColumnProduct {
                left: self.dy,
                left_step: filters,
                right: &staged[tap / kernel * row + tap % kernel * channels..],
                right_step: stride * channels,
                segments: &segments,
                length: out_width,
                rows: self.filters.clone(),
                columns: channels,
                out_step: PANEL,
            }
            .add_to::<V>(sums);
        }
    }

    /// Writes the sums to their places in the weight.
    #[inline(always)]
    fn write(&self, sums: &[T]) {
        let taps = self.geometry.kernel * self.geometry.kernel;
        let count = self.filters.len();
        let mut of_filter = vec![T::zero(); self.channels.len() * taps];
        for (index, filter) in self.filters.clone().enumerate() {
            for tap in 0..taps {
                let sums = &sums[(tap * count + index) * PANEL..][..self.channels.len()];
                for (to, &sum) in of_filter[tap..].iter_mut().step_by(taps).zip(sums) {
                    *to = sum;
                }
            }
            let start = filter * self.geometry.patch() + self.channels.start * taps;
            // SAFETY: each task has a block of filters and a panel of channels that no other has, and
            // of each filter these channels lie side by side.
            unsafe { self.output.write(start, &of_filter) };
        }
    }
}
