/// Where the rows of all heads lie in a slice: row `row` of head `head` of item `item` starts at
/// `offset + item * batch + head * head + row * row`, each row contiguous.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Start of the first row.
    pub offset: usize,
    /// From an item of the batch to the next.
    pub batch_stride: usize,
    /// From a head to the next.
    pub head_stride: usize,
    /// From a row to the next.
    pub row_stride: usize,
}

impl Layout {
    /// The contiguous tensor [batch, heads, rows, width].
    #[cfg(test)]
    pub fn head_major(heads: usize, rows: usize, width: usize) -> Self {
        let head_stride = rows * width;
        Self { offset: 0, batch_stride: heads * head_stride, head_stride, row_stride: width }
    }

    /// Columns of a channels-last tensor [batch, rows, channels]: the first head's begin at `offset`,
    /// the next head's `head_stride` further on.
    ///
    /// In a projection to q, k and v with channels (3, heads, width), part i has offset
    /// `i * heads * width` and head stride `width`; with channels (heads, 3, width), offset
    /// `i * width` and head stride `3 * width`.
    pub fn channels_last(rows: usize, channels: usize, offset: usize, head_stride: usize) -> Self {
        Self { offset, batch_stride: rows * channels, head_stride, row_stride: channels }
    }

    /// Start of the first row of a head.
    pub(super) fn start(&self, item: usize, head: usize) -> usize {
        self.offset + item * self.batch_stride + head * self.head_stride
    }

    /// One past the last element of [batch, heads, rows, width], none of them zero.
    pub(super) fn end(&self, [batch, heads, rows, width]: [usize; 4]) -> usize {
        self.start(batch - 1, heads - 1) + (rows - 1) * self.row_stride + width
    }
}

/// Rows [batch, heads, rows, width] that are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heads<'a, T> {
    data: &'a [T],
    layout: Layout,
}

impl<'a, T> Heads<'a, T> {
    /// The rows of `data` that `layout` names.
    pub fn new(data: &'a [T], layout: Layout) -> Self {
        Self { data, layout }
    }

    /// Panics unless all rows lie inside the slice.
    pub(super) fn check(&self, shape: [usize; 4]) {
        assert!(self.layout.end(shape) <= self.data.len(), "{:?} of {shape:?}", self.layout);
    }

    /// The rows of one head.
    pub(super) fn head(&self, item: usize, head: usize) -> Rows<'a, T> {
        Rows { data: &self.data[self.layout.start(item, head)..], stride: self.layout.row_stride }
    }
}

/// Rows of one head, row i starting at `i * stride`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a, T> {
    pub data: &'a [T],
    pub stride: usize,
}

impl<'a, T> Rows<'a, T> {
    /// All rows from the given one on.
    #[inline(always)]
    pub fn from(&self, row: usize) -> Self {
        Self { data: &self.data[row * self.stride..], stride: self.stride }
    }

    /// The first `width` elements of a row.
    #[inline(always)]
    pub fn row(&self, row: usize, width: usize) -> &'a [T] {
        &self.data[row * self.stride..][..width]
    }
}
