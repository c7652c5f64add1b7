use super::filters::{Filters, Packed, Role};
use super::patches;
use super::staging::{Frame, stage};
use crate::convolution::Geometry;
use crate::convolution::Source;
use crate::element::Element;
use crate::parallel::Disjoint;
use crate::products::{Product, Row, lines_of_rows};

/// `out` [batch, height, width, channels] = gradient of the convolution's (upsampled) input, given
/// the gradient `dy [batch, out_height, out_width, filters]` of its output.
///
/// Input rows whose padded index leaves the same remainder when divided by the stride are reached
/// by the same taps, so each such phase of rows and columns is one product over the staged dy.
///
/// # Panics
/// If a slice has not the size that its shape says.
pub(crate) fn input_gradient<T: Element>(
    dy: &[T],
    weight: &[T],
    geometry: &Geometry,
    out: &mut [T],
) {
    assert_eq!(weight.len(), geometry.filters * geometry.patch(), "weight");
    assert_eq!(dy.len(), geometry.positions() * geometry.filters, "dy");
    assert_eq!(out.len(), geometry.batch * geometry.height * geometry.width * geometry.channels);
    if patches::are_few_for_gradients(geometry) {
        patches::input_gradient(dy, weight, geometry, out);
        return;
    }
    let frame = frame_of(geometry);
    let images = Geometry {
        height: geometry.out_height,
        width: geometry.out_width,
        channels: geometry.filters,
        ..*geometry
    };
    let staged = stage(Source::plain(dy), &images, frame);
    let output = Disjoint::new(out);
    let phases = geometry.stride.min(geometry.height.max(geometry.width));
    for phase in 0..phases * phases {
        let vertical = Phase::new(geometry, frame, phase / phases, geometry.height);
        let horizontal = Phase::new(geometry, frame, phase % phases, geometry.width);
        phase_product((&staged, frame), weight, geometry, [vertical, horizontal], output);
    }
}

/// dy with as many zeros around it as the first and the last input positions reach over its edges.
fn frame_of(geometry: &Geometry) -> Frame {
    let Geometry { stride, padding, kernel, .. } = *geometry;
    let before = (kernel.div_ceil(stride) - 1).saturating_sub(padding / stride);
    let reach = |size: usize, out: usize| out.max((size + padding - 1) / stride + 1) + before;
    Frame {
        before,
        height: reach(geometry.height, geometry.out_height),
        width: reach(geometry.width, geometry.out_width),
    }
}

/// The input positions first, first + stride, ... in one direction.
#[derive(Clone, Copy)]
struct Phase {
    first: usize,
    /// How many there are.
    count: usize,
    /// The first kernel index that reaches them.
    first_tap: usize,
    /// How many do: `first_tap`, `first_tap` + stride, ...
    taps: usize,
    /// Where in the frame the first position's sum starts.
    start: usize,
}

impl Phase {
    /// The phase of `first`, in a direction of `size` input positions.
    fn new(geometry: &Geometry, frame: Frame, first: usize, size: usize) -> Self {
        let Geometry { stride, padding, kernel, .. } = *geometry;
        let first_tap = (first + padding) % stride;
        let taps = kernel.saturating_sub(first_tap).div_ceil(stride);
        let start = ((first + padding) / stride + frame.before + 1).saturating_sub(taps);
        let count = size.saturating_sub(first).div_ceil(stride);
        Self { first, count, first_tap, taps, start }
    }

    /// The kernel index of each tap: rows of dy further down meet earlier rows of the kernel.
    fn kernel_indices(self, stride: usize) -> impl Iterator<Item = usize> {
        (0..self.taps).rev().map(move |tap| self.first_tap + tap * stride)
    }
}

/// The gradient at the positions of two phases, from dy in its frame.
fn phase_product<T: Element>(
    (staged, frame): (&[T], Frame),
    weight: &[T],
    geometry: &Geometry,
    [vertical, horizontal]: [Phase; 2],
    output: Disjoint<'_, T>,
) {
    let Geometry { stride, kernel, filters, channels, .. } = *geometry;
    let taps: Vec<_> = vertical
        .kernel_indices(stride)
        .flat_map(|y| horizontal.kernel_indices(stride).map(move |x| y * kernel + x))
        .collect();
    let filters_of_taps = Filters { weight, taps: &taps, role: Role::InputGradient };
    let row = |line: usize, x: usize| {
        let (image, y) = (line / vertical.count, line % vertical.count);
        let from = (image * frame.height + vertical.start + y) * frame.width + horizontal.start + x;
        let (y_out, x_out) = (vertical.first + y * stride, horizontal.first + x * stride);
        let to = (image * geometry.height + y_out) * geometry.width + x_out;
        Row { from: from * filters, to: to * channels, shared: 0 }
    };
    let packed = Packed::new(filters_of_taps.source(geometry));
    let rows = lines_of_rows(geometry.batch * vertical.count, horizontal.count, row);
    let segments: Vec<_> = (0..vertical.taps).map(|y| y * frame.width * filters).collect();
    packed.multiply(Product {
        left: staged,
        rows: &rows,
        segments: &segments,
        length: horizontal.taps * filters,
        columns: channels,
        addend: None,
        residual: None,
        output,
    });
}
