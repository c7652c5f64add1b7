#![allow(unsafe_code)]

use std::ops::Range;

use crate::{element::Element, simd::Vector};

use super::{
    sizes::{BLOCK, PATCH, POINTS, Sizes, TILE},
    stage::{stage, staged_width},
    transforms::{patch_to_points, transposed},
};
use crate::convolution::Source;

/// Transformed patches, [POINTS, tiles, channels], with gaps between the points.
pub(super) struct Patches<'a, T> {
    /// The transformed values.
    pub values: &'a mut [T],
    /// Elements from one tile to the next: the channels, rounded up to whole blocks.
    pub tile_stride: usize,
    /// Elements from one point to the next.
    pub point_stride: usize,
}

/// Elements from one point to the next where a point has `len` elements: one cache line more, since
/// powers of two would send all points to the same places of the cache.
pub(super) const fn point_stride(len: usize) -> usize {
    len.next_multiple_of(BLOCK) + BLOCK
}

/// Elements of all points.
pub(super) const fn points_len(len: usize) -> usize {
    POINTS * point_stride(len)
}

/// The part of a convolution's input to transform.
pub(super) struct Part {
    /// Rows of tiles.
    pub tile_rows: Range<usize>,
    /// Channels; the first of them is the first of the result.
    pub channels: Range<usize>,
}

/// Stages and transforms the patches of `part`; `staged` has room for its rows of tiles
/// ([`super::stage::staged_len`]).
#[inline(always)]
pub(super) fn transform_patches<V: Vector>(
    source: &Source<'_, V::Element>,
    sizes: Sizes,
    part: &Part,
    staged: &mut [V::Element],
    patches: &mut Patches<'_, V::Element>,
) {
    let across = sizes.tiles_across();
    let width = staged_width(sizes);
    let Part { tile_rows, channels } = part;
    let blocks = channels.len().div_ceil(BLOCK);
    let tiles = tile_rows.len() * across;
    assert!(patches.tile_stride >= blocks * BLOCK);
    assert!(patches.point_stride >= tiles * patches.tile_stride);
    assert!(patches.values.len() >= POINTS * patches.point_stride);
    for block in 0..blocks {
        let mut tile = 0;
        for band in sizes.bands(tile_rows.clone()) {
            stage::<V>(source, sizes, band, channels.start + block * BLOCK, staged);
            assert!(staged.len() >= (TILE * band.rows + PATCH - TILE) * width * BLOCK);
            for row in 0..band.rows {
                for column in 0..across {
                    let corner = TILE * (row * width + column) * BLOCK;
                    let target = tile * patches.tile_stride + block * BLOCK;
                    for lane in (0..BLOCK).step_by(V::LANES) {
                        // SAFETY: the patch ends in the staged pixels, as asserted for the band;
                        // the target in the patches, as asserted above.
                        unsafe {
                            transform_patch::<V>(
                                staged.as_ptr().add(corner + lane),
                                width * BLOCK,
                                patches.values.as_mut_ptr().add(target + lane),
                                patches.point_stride,
                            );
                        }
                    }
                    tile += 1;
                }
            }
        }
    }
}

/// Bᵀ d B of one patch and one vector of channels.
///
/// # Safety
/// `from` is valid for six rows of six pixels `row_stride` elements apart, `to` for all points.
#[inline(always)]
unsafe fn transform_patch<V: Vector>(
    from: *const V::Element,
    row_stride: usize,
    to: *mut V::Element,
    point_stride: usize,
) {
    let zero = V::splat(V::Element::ZERO);
    let mut columns = [[zero; PATCH]; PATCH];
    for (j, result) in columns.iter_mut().enumerate() {
        let mut column = [zero; PATCH];
        for (i, value) in column.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            *value = unsafe { V::load(from.add(i * row_stride + j * BLOCK)) };
        }
        *result = patch_to_points(column);
    }
    for (i, row) in transposed(columns).into_iter().enumerate() {
        for (j, value) in patch_to_points(row).into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { value.store(to.add((i * PATCH + j) * point_stride)) };
        }
    }
}
