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
/// A result's gradients are computed as the result was.
pub fn set_conv3x3(algorithm: Conv3x3) {
    DIRECT.store(algorithm == Conv3x3::Direct, Ordering::Relaxed);
}

static DIRECT: AtomicBool = AtomicBool::new(false);

/// How one convolution is computed, in all its passes.
pub(crate) struct Algorithm {
    pub geometry: Geometry,
    /// The sizes for Winograd's algorithm, where it applies, pays and is not turned off.
    winograd: Option<winograd::Sizes>,
}

impl Algorithm {
    /// The way that is best for `geometry`, or that was asked for.
    pub fn new(geometry: Geometry) -> Self {
        let Geometry { batch, height, width, channels, filters, .. } = geometry;
        let allowed = !DIRECT.load(Ordering::Relaxed);
        let applies = (geometry.kernel, geometry.stride, geometry.padding) == (3, 1, 1);
        let sizes = winograd::Sizes { batch, height, width, channels, filters };
        let chosen = allowed && applies && winograd::worthwhile(&sizes);
        Self { geometry, winograd: chosen.then_some(sizes) }
    }

    /// The convolution of `source` with `weight` [O, C, K, K] plus `epilogue`, to `out` [B, H', W', O].
    pub fn forward<T: Element>(
        &self,
        source: Source<'_, T>,
        weight: &[T],
        epilogue: Epilogue<'_, T>,
        out: &mut [T],
    ) {
        let Some(sizes) = self.winograd else {
            return direct::forward(source, weight, epilogue, &self.geometry, out);
        };
        let weight = transformed(weight, sizes, winograd::Direction::Forward);
        winograd::forward(&source, &weight, &epilogue, sizes, out);
    }

    /// The gradient of the source's values, after its prologue, from that of the result, `dy`.
    pub fn input_gradient<T: Element>(
        &self,
        dy: &[T],
        weight: &[T],
        resolution: Resolution,
        out: &mut [T],
    ) {
        if let Some(sizes) = self.winograd {
            let weight = transformed(weight, sizes, winograd::Direction::Backward);
            return winograd::input_gradient(dy, &weight, sizes, resolution, out);
        }
        if resolution == Resolution::Full {
            return direct::input_gradient(dy, weight, &self.geometry, out);
        }
        let Geometry { batch, height, width, channels, .. } = self.geometry;
        let mut large = Buffer::stale(batch * height * width * channels);
        direct::input_gradient(dy, weight, &self.geometry, &mut large);
        Blocks { width: width / 2, channels, factor: 2 }.sum(&large, T::one(), out);
    }

    /// The gradient of the weight, to `out` [O, C, K, K].
    pub fn weight_gradient<T: Element>(&self, source: Source<'_, T>, dy: &[T], out: &mut [T]) {
        match self.winograd {
            Some(sizes) => winograd::weight_gradient(&source, dy, sizes, out),
            None => direct::weight_gradient(source, dy, &self.geometry, out),
        }
    }
}

fn transformed<T: Element>(
    weight: &[T],
    sizes: winograd::Sizes,
    direction: winograd::Direction,
) -> winograd::TransformedWeight<T> {
    winograd::TransformedWeight::new(weight, sizes.filters, sizes.channels, direction)
}
