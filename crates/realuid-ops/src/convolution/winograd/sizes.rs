use std::ops::Range;

/// Pixels along the side of an output tile.
pub(super) const TILE: usize = 4;
/// Pixels along the side of the input patch that a tile depends on.
pub(super) const PATCH: usize = 6;
/// Points of the transformed domain: one matrix product for each.
pub(super) const POINTS: usize = PATCH * PATCH;
/// Channels that are staged and transformed together; a cache line of f32.
pub(super) const BLOCK: usize = 16;
/// Columns of the right factor of a product that lie together.
pub(super) const PANEL: usize = 32;

/// Sizes of a convolution with a 3x3 kernel, stride 1 and padding 1: [batch, height, width,
/// channels] -> [batch, height, width, filters].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Images.
    pub batch: usize,
    /// Rows of pixels of the output.
    pub height: usize,
    /// Pixels in a row of the output.
    pub width: usize,
    /// Channels of the input.
    pub channels: usize,
    /// Channels of the output.
    pub filters: usize,
}

impl Sizes {
    /// Sizes of the convolution that leads the gradient of the output back to the input.
    pub(super) fn backward(self) -> Self {
        Self { channels: self.filters, filters: self.channels, ..self }
    }

    /// Pixels of an image.
    pub fn pixels(self) -> usize {
        self.height * self.width
    }

    /// Tiles in a row.
    pub(super) fn tiles_across(self) -> usize {
        self.width.div_ceil(TILE)
    }

    /// Rows of tiles of one image.
    pub(super) fn tiles_down(self) -> usize {
        self.height.div_ceil(TILE)
    }

    /// Rows of tiles of all images, which are numbered through.
    pub(super) fn tile_rows(self) -> usize {
        self.batch * self.tiles_down()
    }

    /// Panels that the filters fill, the last one perhaps in part.
    pub(super) fn filter_panels(self) -> usize {
        self.filters.div_ceil(PANEL)
    }

    /// `tile_rows` cut where images end.
    pub(super) fn bands(self, tile_rows: Range<usize>) -> impl Iterator<Item = Band> {
        let down = self.tiles_down();
        let mut next = tile_rows.start;
        std::iter::from_fn(move || {
            let first = next;
            let image = first / down;
            next = tile_rows.end.min((image + 1) * down);
            (first < next).then(|| Band { image, first_row: first % down, rows: next - first })
        })
    }
}

/// Successive rows of tiles of one image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    /// The image.
    pub image: usize,
    /// The first row of tiles, counted within the image.
    pub first_row: usize,
    /// How many.
    pub rows: usize,
}

/// Whether Winograd's algorithm is the faster one for these sizes, the transform of the weight
/// included.
pub(crate) fn worthwhile(sizes: &Sizes) -> bool {
    let Sizes { batch, height, width, channels, filters } = *sizes;
    let pixels = batch * height * width;
    let computed = sizes.tile_rows() * sizes.tiles_across() * TILE * TILE;
    // Transforms of blocks and products of panels that are mostly empty cost as much as full ones.
    let full = channels >= BLOCK && filters >= BLOCK && 2 * pixels >= computed;
    // The transform of the weight takes more time than it saves for one image of 8x8 pixels (256
    // channels: 0.30 ms against 0.24), less for more.
    full && pixels >= 128
}
