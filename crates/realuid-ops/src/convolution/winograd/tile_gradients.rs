#![allow(unsafe_code)]

use std::ops::Range;

use crate::{
    buffer::Buffer,
    element::Element,
    parallel,
    simd::{OnVectors, Vector},
};

use super::{
    patches::{point_stride, points_len},
    runner::Runner,
    sizes::{PANEL, PATCH, Sizes, TILE},
    transforms::{tile_to_points, transposed},
};
use crate::simd::load_up_to;

/// Transformed gradients of tiles, [chunks, panels of filters, POINTS, tiles, PANEL], with gaps
/// between the points.
#[derive(Debug)]
pub(super) struct TileGradients<T: Element> {
    values: Buffer<T>,
    sizes: Sizes,
    /// The rows of tiles of each chunk.
    chunks: Vec<Range<usize>>,
    /// Elements of a panel of a chunk.
    panel_len: usize,
}

impl<T: Element> TileGradients<T> {
    /// Transforms `tile_rows` of `dy` [batch, height, width, filters], in chunks of `chunk` rows,
    /// each panel of a chunk by `runner`.
    pub fn new(
        dy: &[T],
        sizes: Sizes,
        tile_rows: Range<usize>,
        chunk: usize,
        runner: &impl Runner<T>,
    ) -> Self {
        let chunks: Vec<_> = tile_rows
            .clone()
            .step_by(chunk)
            .map(|first| first..tile_rows.end.min(first + chunk))
            .collect();
        let panels = sizes.filter_panels();
        let panel_len = points_len(chunk * sizes.tiles_across() * PANEL);
        let len = chunks.len() * panels * panel_len;
        let mut values = Buffer::stale(len);
        parallel::chunks(&mut values, panel_len, panel_len * 4, |index, output| {
            let tile_rows = chunks[index / panels].clone();
            runner.run(Panel { dy, sizes, tile_rows, index: index % panels, output });
        });
        Self { values, sizes, chunks, panel_len }
    }

    /// The rows of tiles of each chunk.
    pub fn chunks(&self) -> &[Range<usize>] {
        &self.chunks
    }

    /// The right factor for `panel` of `chunk` at `point`, [tiles, PANEL].
    pub fn factor(&self, chunk: usize, panel: usize, point: usize) -> &[T] {
        let len = self.chunks[chunk].len() * self.sizes.tiles_across() * PANEL;
        let panel = (chunk * self.sizes.filter_panels() + panel) * self.panel_len;
        let first = panel + point * point_stride(len);
        &self.values[first..first + len]
    }
}

/// The transform of one panel of a chunk.
pub(super) struct Panel<'a, T> {
    dy: &'a [T],
    sizes: Sizes,
    tile_rows: Range<usize>,
    index: usize,
    output: &'a mut [T],
}

impl<T: Element> OnVectors<T> for Panel<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let Sizes { height, width, filters, .. } = self.sizes;
        let across = self.sizes.tiles_across();
        let tiles = self.tile_rows.len() * across;
        let stride = point_stride(tiles * PANEL);
        assert!(self.output.len() >= points_len(tiles * PANEL));
        let mut tile = 0;
        for band in self.sizes.bands(self.tile_rows.clone()) {
            for index in 0..band.rows * across {
                let row = (band.first_row + index / across) * TILE;
                let column = index % across * TILE;
                let pixel = (band.image * height + row) * width + column;
                for lane in (0..PANEL).step_by(V::LANES) {
                    let filter = self.index * PANEL + lane;
                    let source = Tile {
                        values: self.dy.as_ptr().wrapping_add(pixel * filters + filter),
                        rows: TILE.min(height - row),
                        columns: TILE.min(width - column),
                        lanes: V::LANES.min(filters.saturating_sub(filter)),
                        row_stride: width * filters,
                        pixel_stride: filters,
                    };
                    // SAFETY: the tile's rows, columns and lanes are those inside the image; the
                    // output has all points, as asserted.
                    unsafe {
                        let to = self.output.as_mut_ptr().add(tile * PANEL + lane);
                        transform_tile::<V>(&source, to, stride);
                    }
                }
                tile += 1;
            }
        }
    }
}

/// The part of a tile that lies in the image.
struct Tile<T> {
    values: *const T,
    rows: usize,
    columns: usize,
    lanes: usize,
    row_stride: usize,
    pixel_stride: usize,
}

/// A y Aᵀ of one tile and one vector of filters, zero outside the image.
///
/// # Safety
/// `from` describes valid elements, `to` is valid for all points.
#[inline(always)]
unsafe fn transform_tile<V: Vector>(
    from: &Tile<V::Element>,
    to: *mut V::Element,
    point_stride: usize,
) {
    let zero = V::splat(V::Element::ZERO);
    let mut columns = [[zero; PATCH]; TILE];
    for (j, result) in columns.iter_mut().enumerate() {
        let mut column = [zero; TILE];
        for (i, value) in column.iter_mut().enumerate() {
            if i < from.rows && j < from.columns && from.lanes > 0 {
                let at = i * from.row_stride + j * from.pixel_stride;
                // SAFETY: the caller's promise.
                *value = unsafe { load_up_to(from.values.add(at), from.lanes) };
            }
        }
        *result = tile_to_points(column);
    }
    for (i, row) in transposed(columns).into_iter().enumerate() {
        for (j, value) in tile_to_points(row).into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { value.store(to.add((i * PATCH + j) * point_stride)) };
        }
    }
}
