use std::ops::Range;

/// Part `index` of `len` elements dealt evenly to `parts`.
#[inline(always)]
pub(crate) fn part(len: usize, index: usize, parts: usize) -> Range<usize> {
    len * index / parts..len * (index + 1) / parts
}

/// `range` dealt evenly to as few parts of at most `most` elements as possible.
#[inline(always)]
pub(crate) fn split(range: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> {
    let parts = range.len().div_ceil(most);
    (0..parts).map(move |index| {
        let part = part(range.len(), index, parts);
        range.start + part.start..range.start + part.end
    })
}
