//! Which way a convolution is computed.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Epilogue, Geometry, Resolution, Source, direct, winograd};
use crate::blocks::Blocks;
use crate::buffer::Buffer;
use crate::element::Element;

/// How convolutions of 3x3 kernels with stride 1 are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conv3x3 {
    /// By Winograd's algorithm F(4x4, 3x3) (Lavin and Gray, arXiv 1509.09308) where it pays: a quarter
    /// of the multiplications, some eight times the rounding error of [`Conv3x3::Direct`].
    #[default]
    Winograd,
    /// As sums of products: about twice as slow, each sum in the precision of its type.
    Direct,
}

/// Chooses how this process computes convolutions from now on, in all threads.
///
/// To be called before the first network is evaluated: a result and its gradients should not be
/// computed in two ways.
pub fn set_conv3x3(algorithm: Conv3x3) {
    DIRECT.store(algorithm == Conv3x3::Direct, Ordering::Relaxed);
}

static DIRECT: AtomicBool = AtomicBool::new(false);

/// The convolution of `source` with `weight` [O, C, K, K] plus `epilogue`, to `out` [B, H', W', O].
pub(super) fn forward<T: Element>(
    source: Source<'_, T>,
    weight: &[T],
    epilogue: Epilogue<'_, T>,
    geometry: &Geometry,
    out: &mut [T],
) {
    let Some(sizes) = winograd_sizes(geometry) else {
        return direct::forward(source, weight, epilogue, geometry, out);
    };
    let direction = winograd::Direction::Forward;
    let weight = winograd::TransformedWeight::new(weight, sizes.filters, sizes.channels, direction);
    winograd::forward(&source, &weight, &epilogue, sizes, out);
}

/// The gradient of the source's values, after its prologue, from that of the result, `dy`.
pub(super) fn input_gradient<T: Element>(
    dy: &[T],
    weight: &[T],
    geometry: &Geometry,
    resolution: Resolution,
    out: &mut [T],
) {
    if let Some(sizes) = winograd_sizes(geometry) {
        let direction = winograd::Direction::Backward;
        let weight =
            winograd::TransformedWeight::new(weight, sizes.filters, sizes.channels, direction);
        return winograd::input_gradient(dy, &weight, sizes, resolution, out);
    }
    if resolution == Resolution::Full {
        return direct::input_gradient(dy, weight, geometry, out);
    }
    let Geometry { batch, height, width, channels, .. } = *geometry;
    let mut large = Buffer::stale(batch * height * width * channels);
    direct::input_gradient(dy, weight, geometry, &mut large);
    Blocks { width: width / 2, channels, factor: 2 }.sum(&large, T::one(), out);
}

/// The gradient of the weight, to `out` [O, C, K, K].
pub(super) fn weight_gradient<T: Element>(
    source: Source<'_, T>,
    dy: &[T],
    geometry: &Geometry,
    out: &mut [T],
) {
    match winograd_sizes(geometry) {
        Some(sizes) => winograd::weight_gradient(&source, dy, sizes, out),
        None => direct::weight_gradient(source, dy, geometry, out),
    }
}

/// The sizes, if Winograd's algorithm applies and pays.
fn winograd_sizes(geometry: &Geometry) -> Option<winograd::Sizes> {
    let Geometry { batch, height, width, channels, filters, .. } = *geometry;
    let applies = (geometry.kernel, geometry.stride, geometry.padding) == (3, 1, 1);
    let sizes = winograd::Sizes { batch, height, width, channels, filters };
    let allowed = !DIRECT.load(Ordering::Relaxed);
    (allowed && applies && winograd::worthwhile(&sizes)).then_some(sizes)
}
