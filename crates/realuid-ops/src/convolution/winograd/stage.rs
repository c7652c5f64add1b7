#![allow(unsafe_code)]

use crate::{element::Element, simd::Vector};

use super::sizes::{BLOCK, Band, PATCH, Sizes, TILE};
use crate::convolution::{Prologue, Resolution, Source};
use crate::silu::silu_value;

/// Elements that [`stage`] writes for `rows` rows of tiles.
pub(super) fn staged_len(sizes: Sizes, rows: usize) -> usize {
    (TILE * rows + PATCH - TILE) * staged_width(sizes) * BLOCK
}

/// Pixels in a staged row.
pub(super) fn staged_width(sizes: Sizes) -> usize {
    TILE * sizes.tiles_across() + PATCH - TILE
}

/// Writes the pixels that the tiles of `band` depend on to `staged` [rows, columns, BLOCK]: for the
/// block of channels that starts at `channel`, activated, upsampled, and zero outside the image and
/// beyond the last channel.
#[inline(always)]
pub(super) fn stage<V: Vector>(
    source: &Source<'_, V::Element>,
    sizes: Sizes,
    band: Band,
    channel: usize,
    staged: &mut [V::Element],
) {
    let row_len = staged_width(sizes) * BLOCK;
    let block = Block::new(source, sizes, band.image, channel);
    let rows = TILE * band.rows + PATCH - TILE;
    for row in 0..rows {
        let (before, rest) = staged.split_at_mut(row * row_len);
        let target = &mut rest[..row_len];
        // The first staged row lies one above the first tile.
        let y = (TILE * band.first_row + row).wrapping_sub(1);
        if y >= sizes.height {
            target.fill(V::Element::ZERO);
        } else if source.resolution == Resolution::Half && y % 2 == 1 && row > 0 {
            target.copy_from_slice(&before[(row - 1) * row_len..]);
        } else {
            block.stage_row::<V>(y, target);
        }
    }
}

/// A block of channels of one image.
struct Block<'a, T> {
    source: &'a Source<'a, T>,
    sizes: Sizes,
    image: usize,
    channel: usize,
    /// Channels that there are of the block.
    count: usize,
    scale: [T; BLOCK],
    shift: [T; BLOCK],
}

impl<'a, T: Element> Block<'a, T> {
    #[inline(always)]
    fn new(source: &'a Source<'a, T>, sizes: Sizes, image: usize, channel: usize) -> Self {
        let count = BLOCK.min(sizes.channels - channel);
        let (mut scale, mut shift) = ([T::zero(); BLOCK], [T::zero(); BLOCK]);
        if let Some(Prologue { scale: scales, shift: shifts }) = source.prologue {
            let first = image * sizes.channels + channel;
            scale[..count].copy_from_slice(&scales[first..first + count]);
            shift[..count].copy_from_slice(&shifts[first..first + count]);
        }
        Self { source, sizes, image, channel, count, scale, shift }
    }

    /// Row `y` of the image, in the convolution's resolution, with a border at either end.
    #[inline(always)]
    fn stage_row<V: Vector<Element = T>>(&self, y: usize, target: &mut [T]) {
        let Sizes { height, width, channels, .. } = self.sizes;
        let repeats = match self.source.resolution {
            Resolution::Full => 1,
            Resolution::Half => 2,
        };
        let row = self.image * (height / repeats) + y / repeats;
        let first = row * (width / repeats) * channels + self.channel;
        let (left, rest) = target.split_at_mut(BLOCK);
        let (inside, right) = rest.split_at_mut(width * BLOCK);
        left.fill(T::zero());
        right.fill(T::zero());
        let values = &self.source.values[first..];
        for (x, pixel) in inside.chunks_exact_mut(repeats * BLOCK).enumerate() {
            let mut lanes = [T::zero(); BLOCK];
            let from = &values[x * channels..x * channels + self.count];
            // The next row: cache lines so far apart are nothing that the machine foresees.
            V::prefetch(from.as_ptr().wrapping_add(width / repeats * channels));
            match from.try_into() {
                Ok(whole) => lanes = whole,
                Err(_) => lanes[..self.count].copy_from_slice(from),
            }
            if self.source.prologue.is_some() {
                lanes = self.activated::<V>(lanes);
            }
            for copy in pixel.chunks_exact_mut(BLOCK) {
                copy.copy_from_slice(&lanes);
            }
        }
    }

    /// silu(value * scale + shift); zero where both factors are.
    #[inline(always)]
    fn activated<V: Vector<Element = T>>(&self, values: [T; BLOCK]) -> [T; BLOCK] {
        let mut result = [T::zero(); BLOCK];
        for first in (0..BLOCK).step_by(V::LANES) {
            // SAFETY: the lanes of a vector divide the block, so all three slices reach far enough.
            unsafe {
                let load = |values: &[T; BLOCK]| V::load(values[first..].as_ptr());
                let x = load(&values).mul_add(load(&self.scale), load(&self.shift));
                silu_value(x).store(result[first..].as_mut_ptr());
            }
        }
        result
    }
}
