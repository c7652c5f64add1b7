//! Convolution as matrix products over gathered patches (im2col), and both its gradients.
//!
//! Parallel over groups of images, or over blocks of taps for the gradient of the weight, so that
//! every task owns its part of the result and no order of summation depends on the threads.

use std::borrow::Cow;

use crate::conv_geometry::{Geometry, Patches};
use crate::element::Element;
use crate::matrix::{Matrix, Threads, add_product, product};
use crate::parallel::chunks;

/// x [B, C, H, W] with weight [O, C K K] -> [B, O, positions], starting from `bias` `[O]` or zero.
pub(crate) fn convolve<T: Element>(
    x: &[T],
    weight: &[T],
    bias: Option<&[T]>,
    g: &Geometry,
) -> Vec<T> {
    let (positions, image) = (g.positions(), g.channels * g.pixels());
    let weight = Matrix::new(weight, g.filters, g.taps());
    let mut out = vec![T::zero(); g.batch * g.filters * positions];
    let cost = g.group() * g.filters * positions * g.taps() / 8;
    chunks(&mut out, g.group() * g.filters * positions, cost, |task, out| {
        let images = out.len() / (g.filters * positions);
        let x = &x[task * g.group() * image..][..images * image];
        for (channel, plane) in out.chunks_exact_mut(positions).enumerate() {
            plane.fill(bias.map_or(T::zero(), |bias| bias[channel % g.filters]));
        }
        let columns = gather_images(x, images, g.channels, g);
        let columns = Matrix::new(&columns, g.taps(), images * positions);
        if images == 1 {
            return add_product(out, weight, columns, Threads::One);
        }
        let mut together = vec![T::zero(); out.len()];
        product(&mut together, weight, columns, Threads::One);
        for (index, plane) in out.chunks_exact_mut(positions).enumerate() {
            let (image, channel) = (index / g.filters, index % g.filters);
            let values = &together[(channel * images + image) * positions..][..positions];
            plane.iter_mut().zip(values).for_each(|(out, value)| *out += *value);
        }
    });
    out
}

/// Gradient of the input from the gradient of the result [B, O, positions].
pub(crate) fn input_gradient<T: Element>(gradient: &[T], weight: &[T], g: &Geometry) -> Vec<T> {
    let (positions, image) = (g.positions(), g.channels * g.pixels());
    let weight = Matrix::new(weight, g.filters, g.taps()).transposed();
    let gradient = grouped(gradient, g);
    let mut out = vec![T::zero(); g.batch * image];
    let cost = g.group() * g.filters * positions * g.taps() / 8;
    chunks(&mut out, g.group() * image, cost, |task, out| {
        let images = out.len() / image;
        let size = g.filters * positions;
        let gradient = &gradient[task * g.group() * size..][..images * size];
        if images == 1 && g.is_pointwise() {
            let gradient = Matrix::new(gradient, g.filters, positions);
            return product(out, weight, gradient, Threads::One);
        }
        let gradient = Matrix::new(gradient, g.filters, images * positions);
        let mut columns = vec![T::zero(); g.taps() * images * positions];
        product(&mut columns, weight, gradient, Threads::One);
        for (index, out) in out.chunks_exact_mut(image).enumerate() {
            g.scatter(&columns, images * positions, index * positions, out);
        }
    });
    out
}

/// Gradient of the weight [O, C K K] from the gradient of the result [B, O, positions].
pub(crate) fn weight_gradient<T: Element>(x: &[T], gradient: &[T], g: &Geometry) -> Vec<T> {
    /// Taps per task; a fixed number, so that the sums do not depend on the threads.
    const TAPS: usize = 96;
    let (positions, image) = (g.positions(), g.channels * g.pixels());
    let per_channel = g.kernel * g.kernel;
    let channels = (TAPS / per_channel).clamp(1, g.channels);
    let size = g.filters * positions;
    let gradient = grouped(gradient, g);
    // Transposed, [C K K, O]: every task then owns consecutive rows.
    let mut transposed = vec![T::zero(); g.taps() * g.filters];
    let cost = g.batch * channels * per_channel * size / 8;
    chunks(&mut transposed, channels * per_channel * g.filters, cost, |task, out| {
        let channels_here = out.len() / (per_channel * g.filters);
        let groups = x.chunks(g.group() * image).zip(gradient.chunks(g.group() * size));
        for (x, gradient) in groups {
            let images = x.len() / image;
            let x = &x[task * channels * g.pixels()..];
            let columns = gather_images(x, images, channels_here, g);
            let columns = Matrix::new(&columns, channels_here * per_channel, images * positions);
            let gradient = Matrix::new(gradient, g.filters, images * positions).transposed();
            add_product(out, columns, gradient, Threads::One);
        }
    });
    transpose(&transposed, g.taps(), g.filters)
}

/// Patches of the first `channels` channels of `images` images, side by side: [channels K K, images
/// * positions]. Borrowed where the image is its own matrix of patches.
fn gather_images<'a, T: Element>(
    x: &'a [T],
    images: usize,
    channels: usize,
    g: &Geometry,
) -> Cow<'a, [T]> {
    if images == 1 && g.is_pointwise() {
        return Cow::Borrowed(&x[..channels * g.pixels()]);
    }
    let row_length = images * g.positions();
    let mut columns = vec![T::zero(); channels * g.kernel * g.kernel * row_length];
    for index in 0..images {
        let image = &x[index * g.channels * g.pixels()..][..channels * g.pixels()];
        let columns = &mut columns;
        g.gather(image, Patches { columns, row_length, offset: index * g.positions() });
    }
    Cow::Owned(columns)
}

/// The gradient of the result [B, O, positions] with the planes of one channel side by side within
/// each group of images: [O, images * positions] for every group.
fn grouped<'a, T: Element>(gradient: &'a [T], g: &Geometry) -> Cow<'a, [T]> {
    if g.group() == 1 {
        return Cow::Borrowed(gradient);
    }
    let (positions, size) = (g.positions(), g.group() * g.filters * g.positions());
    let mut out = vec![T::zero(); gradient.len()];
    chunks(&mut out, size, size, |group, out| {
        let images = out.len() / (g.filters * positions);
        let gradient = &gradient[group * size..][..out.len()];
        for (index, plane) in out.chunks_exact_mut(positions).enumerate() {
            let (channel, image) = (index / images, index % images);
            let from = (image * g.filters + channel) * positions;
            plane.copy_from_slice(&gradient[from..from + positions]);
        }
    });
    Cow::Owned(out)
}

fn transpose<T: Element>(x: &[T], rows: usize, columns: usize) -> Vec<T> {
    let mut out = vec![T::zero(); x.len()];
    chunks(&mut out, rows, rows, |column, out| {
        for (row, out) in out.iter_mut().enumerate() {
            *out = x[row * columns + column];
        }
    });
    out
}
