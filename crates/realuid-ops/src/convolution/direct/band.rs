use std::ops::Range;

use super::staging::{Frame, StageRows};
use crate::buffer::Buffer;
use crate::convolution::{Geometry, Source};
use crate::element::Element;
use crate::products::{PANEL, part};
use crate::simd::Vector;

/// The same output rows of some images: work whose input stays in the cache.
#[derive(Clone, Debug)]
pub(crate) struct Band {
    /// The images.
    pub(crate) images: Range<usize>,
    /// Their output rows.
    pub(crate) rows: Range<usize>,
}

impl Band {
    /// All output rows of all images, in bands of about `positions` positions.
    pub(crate) fn all(geometry: &Geometry, positions: usize) -> Vec<Self> {
        let Geometry { batch, out_height, .. } = *geometry;
        let per_image = (geometry.pixels_out() / positions).clamp(1, out_height);
        let images = (positions / geometry.pixels_out()).clamp(1, batch);
        let of_images = |first: usize| {
            (0..per_image).map(move |band| Self {
                images: first..(first + images).min(batch),
                rows: part(out_height, band, per_image),
            })
        };
        (0..batch).step_by(images).flat_map(of_images).collect()
    }

    /// Rows of each padded image that the band sees.
    pub(crate) fn rows_seen(&self, geometry: &Geometry) -> usize {
        (self.rows.len() - 1) * geometry.stride + geometry.kernel
    }

    /// What the band sees of some channels: [images, rows seen, padded width, channels].
    #[inline(always)]
    pub(crate) fn stage<V: Vector>(
        &self,
        source: Source<'_, V::Element>,
        geometry: &Geometry,
        channels: Range<usize>,
    ) -> Buffer<V::Element>
    where
        V::Element: Element,
    {
        let frame = Frame::of_input(geometry);
        let image = self.rows_seen(geometry) * frame.width * channels.len();
        // Whole vectors are read, also at the last position.
        let mut staged = Buffer::stale(self.images.len() * image + PANEL);
        for (index, out) in self.images.clone().zip(staged.chunks_exact_mut(image)) {
            StageRows {
                source,
                geometry: *geometry,
                frame,
                channels: channels.clone(),
                first: index * frame.height + self.rows.start * geometry.stride,
                out,
            }
            .write::<V>();
        }
        staged
    }
}
