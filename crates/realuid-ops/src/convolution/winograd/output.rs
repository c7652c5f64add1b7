#![allow(unsafe_code)]

use std::ops::Range;

use crate::{element::Element, parallel::Disjoint, simd::Vector};

use super::{
    patches::{point_stride, points_len},
    sizes::{PANEL, PATCH, Sizes, TILE},
    transforms::{points_to_tile, transposed},
};
use crate::convolution::{Epilogue, Resolution};
use crate::simd::{load_up_to, store_up_to};

/// Where tiles go.
#[derive(Clone, Copy)]
pub(super) struct Target<'a, T> {
    /// [batch, height, width, filters]; at half resolution the sums of blocks of 2x2 pixels.
    pub output: Disjoint<'a, T>,
    /// What is added on the way, at full resolution.
    pub epilogue: &'a Epilogue<'a, T>,
    /// Sizes of the convolution.
    pub sizes: Sizes,
    /// Resolution of the output.
    pub resolution: Resolution,
}

impl<T: Element> Target<'_, T> {
    /// Panics if a slice has another size than `sizes` says.
    pub fn check(&self) {
        let Sizes { batch, height, width, filters, .. } = self.sizes;
        let Epilogue { bias, per_image, residual } = self.epilogue;
        let pixels = batch * self.resolution.pixels(self.sizes.pixels());
        assert_eq!(self.output.len(), pixels * filters, "output");
        assert!(bias.is_none_or(|x| x.len() == filters), "bias");
        assert!(per_image.is_none_or(|x| x.len() == batch * filters), "sum per image");
        assert!(residual.is_none_or(|x| x.len() == batch * height * width * filters), "residual");
        let nothing = bias.is_none() && per_image.is_none() && residual.is_none();
        assert!(self.resolution == Resolution::Full || nothing, "nothing is added to sums");
    }

    /// Transforms the products [POINTS, tiles, PANEL] of a panel of filters to the tiles of
    /// `tile_rows` and writes these.
    ///
    /// # Safety
    /// No other task writes these filters of these tiles, and [`Self::check`] has passed.
    #[inline(always)]
    pub unsafe fn write<V: Vector<Element = T>>(
        &self,
        products: &[T],
        tile_rows: Range<usize>,
        panel: usize,
    ) {
        let across = self.sizes.tiles_across();
        let tiles = tile_rows.len() * across;
        let stride = point_stride(tiles * PANEL);
        assert!(products.len() >= points_len(tiles * PANEL));
        let count = PANEL.min(self.sizes.filters - panel * PANEL);
        let mut tile = 0;
        for band in self.sizes.bands(tile_rows) {
            let constants = self.constants(band.image, panel * PANEL, count);
            for index in 0..band.rows * across {
                for lane in (0..count).step_by(V::LANES) {
                    let place = Place {
                        image: band.image,
                        row: (band.first_row + index / across) * TILE,
                        column: index % across * TILE,
                        filter: panel * PANEL + lane,
                    };
                    // SAFETY: the products have all points, as asserted; the caller's promise.
                    unsafe {
                        let from = products.as_ptr().add(tile * PANEL + lane);
                        let pixels = inverse::<V>(from, stride);
                        let constant = V::load(constants.as_ptr().add(lane));
                        match self.resolution {
                            Resolution::Full => self.write_pixels(place, pixels, constant),
                            Resolution::Half => self.write_sums(place, pixels),
                        }
                    }
                }
                tile += 1;
            }
        }
    }

    /// What is added to all pixels of an image, for `count` filters from `first` on.
    #[inline(always)]
    fn constants(&self, image: usize, first: usize, count: usize) -> [T; PANEL] {
        let mut constants = [T::zero(); PANEL];
        if let Some(bias) = self.epilogue.bias {
            constants[..count].copy_from_slice(&bias[first..first + count]);
        }
        if let Some(per_image) = self.epilogue.per_image {
            let first = image * self.sizes.filters + first;
            for (sum, &value) in constants.iter_mut().zip(&per_image[first..first + count]) {
                *sum += value;
            }
        }
        constants
    }

    /// Writes the part of a tile that lies in the image.
    ///
    /// # Safety
    /// As for [`Self::write`].
    #[inline(always)]
    unsafe fn write_pixels<V: Vector<Element = T>>(
        &self,
        place: Place,
        pixels: [[V; TILE]; TILE],
        constant: V,
    ) {
        let Sizes { height, width, filters, .. } = self.sizes;
        let count = V::LANES.min(filters - place.filter);
        for (i, row) in pixels.into_iter().enumerate().take(height - place.row) {
            let pixel = (place.image * height + place.row + i) * width + place.column;
            for (j, value) in row.into_iter().enumerate().take(width - place.column) {
                let at = (pixel + j) * filters + place.filter;
                let mut sum = value.add(constant);
                // SAFETY: the caller's promise.
                unsafe {
                    if let Some(residual) = self.epilogue.residual {
                        sum = sum.add(load_up_to(residual.as_ptr().add(at), count));
                    }
                    store_up_to(sum, self.output.at(at, count), count);
                }
            }
        }
    }

    /// Writes the sums of the 2x2 blocks of a tile that lie in the image.
    ///
    /// # Safety
    /// As for [`Self::write`].
    #[inline(always)]
    unsafe fn write_sums<V: Vector<Element = T>>(&self, place: Place, pixels: [[V; TILE]; TILE]) {
        let Sizes { height, width, filters, .. } = self.sizes;
        let count = V::LANES.min(filters - place.filter);
        for i in (0..TILE.min(height - place.row)).step_by(2) {
            let row = place.image * (height / 2) + place.row / 2 + i / 2;
            for j in (0..TILE.min(width - place.column)).step_by(2) {
                let upper = pixels[i][j].add(pixels[i][j + 1]);
                let lower = pixels[i + 1][j].add(pixels[i + 1][j + 1]);
                let at = (row * (width / 2) + place.column / 2 + j / 2) * filters + place.filter;
                // SAFETY: the caller's promise.
                unsafe { store_up_to(upper.add(lower), self.output.at(at, count), count) };
            }
        }
    }
}

/// The upper left pixel of a tile and its first filter.
#[derive(Clone, Copy)]
struct Place {
    image: usize,
    row: usize,
    column: usize,
    filter: usize,
}

/// Aᵀ m A of one tile and one vector of filters.
///
/// # Safety
/// `from` is valid for all points.
#[inline(always)]
unsafe fn inverse<V: Vector>(from: *const V::Element, point_stride: usize) -> [[V; TILE]; TILE] {
    let zero = V::splat(V::Element::ZERO);
    let mut columns = [[zero; TILE]; PATCH];
    for (j, result) in columns.iter_mut().enumerate() {
        let mut column = [zero; PATCH];
        for (i, value) in column.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *value = unsafe { V::load(from.add((i * PATCH + j) * point_stride)) };
        }
        *result = points_to_tile(column);
    }
    let mut pixels = [[zero; TILE]; TILE];
    for (row, values) in transposed(columns).into_iter().enumerate() {
        pixels[row] = points_to_tile(values);
    }
    pixels
}
