use super::staging::{Frame, stage};
use crate::buffer::Buffer;
use crate::convolution::Geometry;
use crate::convolution::Source;
use crate::element::Element;
use crate::parallel::chunks;
use crate::products::{Linear, LinearEpilogue, LinearInput, PANEL};

/// Whether there are so few output positions that the forward pass had better pack them than the
/// weight.
pub(crate) fn are_few_for_forward(geometry: &Geometry) -> bool {
    geometry.positions() <= 64
}

/// Whether there are so few output positions that their patches, overlaps and all, are the smaller
/// part of the work: the gradients then use the weight and its gradient in the order they have.
pub(crate) fn are_few_for_gradients(geometry: &Geometry) -> bool {
    geometry.positions() <= 128
}

/// Whether patches are so short that one panel holds them.
pub(crate) fn are_short(geometry: &Geometry) -> bool {
    geometry.kernel > 1 && geometry.patch() <= PANEL
}

/// The linear map of the patches.
pub(crate) fn linear_of(geometry: &Geometry) -> Linear {
    Linear { rows: geometry.positions(), inputs: geometry.patch(), outputs: geometry.filters }
}

/// The convolution as a linear map of the patches; the addend is [filters] or [batch, filters].
pub(crate) fn forward<T: Element>(
    source: Source<'_, T>,
    weight: &[T],
    (addend, residual): (Option<&[T]>, Option<&[T]>),
    geometry: &Geometry,
    out: &mut [T],
) {
    let patches = patches_of(source, geometry);
    let x = LinearInput { values: &patches, stride: stride_of(geometry) };
    multiply(x, weight, (addend, residual), geometry, out);
}

/// The linear map of the patches `x`; the addend is [filters] or [batch, filters].
pub(crate) fn multiply<T: Element>(
    x: LinearInput<'_, T>,
    weight: &[T],
    (addend, residual): (Option<&[T]>, Option<&[T]>),
    geometry: &Geometry,
    out: &mut [T],
) {
    let per_image = addend.is_some_and(|addend| addend.len() > geometry.filters);
    let rows_per_bias = geometry.positions() / if per_image { geometry.batch } else { 1 };
    let epilogue = LinearEpilogue { bias: addend, rows_per_bias, residual };
    linear_of(geometry).forward(x, weight, epilogue, out);
}

/// The gradient of the weight.
pub(crate) fn weight_gradient<T: Element>(
    source: Source<'_, T>,
    dy: &[T],
    geometry: &Geometry,
    out: &mut [T],
) {
    let patches = patches_of(source, geometry);
    let x = LinearInput { values: &patches, stride: stride_of(geometry) };
    linear_of(geometry).weight_gradient(x, dy, out);
}

/// The gradient of the input: that of the patches, summed where they overlap.
pub(crate) fn input_gradient<T: Element>(
    dy: &[T],
    weight: &[T],
    geometry: &Geometry,
    out: &mut [T],
) {
    let Geometry { stride, padding, kernel, channels, height, width, .. } = *geometry;
    let mut patches = Buffer::stale(geometry.positions() * geometry.patch());
    linear_of(geometry).input_gradient(dy, weight, &mut patches);
    // The output index that meets an input index at a tap.
    let meets = |index: usize, tap: usize, count: usize| {
        let from_first = (index + padding).checked_sub(tap)?;
        (from_first % stride == 0 && from_first / stride < count).then_some(from_first / stride)
    };
    chunks(out, channels, channels * kernel * kernel, |position, out| {
        let (image, y, x) =
            (position / (height * width), position / width % height, position % width);
        out.fill(T::zero());
        for (tap_y, tap_x) in (0..kernel).flat_map(|y| (0..kernel).map(move |x| (y, x))) {
            let met = meets(y, tap_y, geometry.out_height).zip(meets(x, tap_x, geometry.out_width));
            if let Some((y, x)) = met {
                let position = (image * geometry.out_height + y) * geometry.out_width + x;
                let patch = &patches[position * geometry.patch() + tap_y * kernel + tap_x..];
                for (sum, &value) in out.iter_mut().zip(patch.iter().step_by(kernel * kernel)) {
                    *sum += value;
                }
            }
        }
    });
}

/// Elements from one patch to the next: whole panels, as the products like them.
fn stride_of(geometry: &Geometry) -> usize {
    geometry.patch().next_multiple_of(PANEL)
}

/// [positions, channels, kernel, kernel], each patch filled up to `stride_of`.
fn patches_of<T: Element>(source: Source<'_, T>, geometry: &Geometry) -> Buffer<T> {
    let Geometry { stride, kernel, channels, .. } = *geometry;
    let frame = Frame::of_input(geometry);
    let staged = stage(source, geometry, frame);
    let places: Vec<_> =
        (0..kernel).flat_map(|x| (0..channels).map(move |c| c * kernel * kernel + x)).collect();
    let length = stride_of(geometry);
    let mut patches = Buffer::stale(geometry.positions() * length);
    let line = length * geometry.out_width;
    chunks(&mut patches, line, line, |index, patches| {
        let (image, y) = (index / geometry.out_height, index % geometry.out_height);
        for (x, patch) in patches.chunks_exact_mut(length).enumerate() {
            let corner = (image * frame.height + y * stride) * frame.width + x * stride;
            for tap in 0..kernel {
                let start = (corner + tap * frame.width) * channels;
                let patch = &mut patch[tap * kernel..];
                let values = &staged[start..start + kernel * channels];
                for (&place, &value) in places.iter().zip(values) {
                    patch[place] = value;
                }
            }
        }
    });
    patches
}
