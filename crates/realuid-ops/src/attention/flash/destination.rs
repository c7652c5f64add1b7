#![allow(unsafe_code)]

use std::marker::PhantomData;

use super::layout::Layout;

/// Rows [batch, heads, rows, width] that are written, no two of them overlapping.
#[derive(Debug)]
pub(crate) struct HeadsMut<'a, T> {
    /// Start of the slice that `layout` counts from.
    data: *mut T,
    layout: Layout,
    shape: [usize; 4],
    exclusive: PhantomData<&'a mut [T]>,
}

impl<'a, T> HeadsMut<'a, T> {
    /// The rows of `data` that `layout` names; panics if some overlap or leave the slice.
    pub fn new(data: &'a mut [T], layout: Layout, shape: [usize; 4]) -> Self {
        let [view] = Self::of_one(data, [(layout, shape)]);
        view
    }

    /// Several views into one slice, each a layout and [batch, heads, rows, width]; panics if any two
    /// rows overlap or leave the slice. Several views must be columns of the same rows.
    pub fn of_one<const N: usize>(
        data: &'a mut [T],
        views: [(Layout, [usize; 4]); N],
    ) -> [Self; N] {
        for (layout, shape) in &views {
            assert!(!shape.contains(&0), "no rows in {shape:?}");
            assert!(layout.end(*shape) <= data.len(), "{layout:?} of {shape:?}");
        }
        let disjoint = match &views[..] {
            [(layout, shape)] => is_nested(layout, *shape),
            views => are_columns(views),
        };
        assert!(disjoint, "overlapping rows: {views:?}");
        let data = data.as_mut_ptr();
        views.map(|(layout, shape)| Self { data, layout, shape, exclusive: PhantomData })
    }

    /// Panics unless this is the shape of the view.
    pub(super) fn check(&self, shape: [usize; 4]) {
        assert_eq!(self.shape, shape, "shape of the destination");
    }

    /// Every head by itself, or in blocks of `block` rows: in the order of batch, head, block.
    pub(super) fn split(self, block: usize) -> Vec<RowsMut<'a, T>> {
        let [batch, heads, rows, width] = self.shape;
        let mut parts = Vec::with_capacity(batch * heads * rows.div_ceil(block));
        for (item, head) in (0..batch).flat_map(|item| (0..heads).map(move |head| (item, head))) {
            for first in (0..rows).step_by(block) {
                let start = self.layout.start(item, head) + first * self.layout.row_stride;
                parts.push(RowsMut {
                    // SAFETY: `of_one` has checked that every row lies inside the slice.
                    data: unsafe { self.data.add(start) },
                    stride: self.layout.row_stride,
                    rows: block.min(rows - first),
                    width,
                    exclusive: PhantomData,
                });
            }
        }
        parts
    }
}

/// Rows of one head that only the owner of this can reach: no two values share an element.
pub(super) struct RowsMut<'a, T> {
    data: *mut T,
    stride: usize,
    rows: usize,
    width: usize,
    exclusive: PhantomData<&'a mut [T]>,
}

// SAFETY: as `&mut [T]`, for the rows are exclusively the owner's (`HeadsMut::of_one`).
unsafe impl<T: Send> Send for RowsMut<'_, T> {}

impl<T> RowsMut<'_, T> {
    /// How many.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// One of them.
    #[inline(always)]
    pub fn row(&mut self, row: usize) -> &mut [T] {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        // SAFETY: inside the slice and in no other `RowsMut`, as `HeadsMut::of_one` has checked; the
        // borrow of `self` keeps the rows of this one apart.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(row * self.stride), self.width) }
    }
}

/// Whether all rows of one view are disjoint: every stride at least the extent of all that it steps
/// over.
fn is_nested(layout: &Layout, [batch, heads, rows, width]: [usize; 4]) -> bool {
    let mut steps =
        [(layout.batch_stride, batch), (layout.head_stride, heads), (layout.row_stride, rows)];
    steps.sort_unstable();
    let mut extent = width;
    steps.iter().filter(|(_, count)| *count > 1).all(|&(stride, count)| {
        let nested = stride >= extent;
        extent += stride * (count - 1);
        nested
    })
}

/// Whether the views are disjoint columns of the same rows, each row a head's after another's.
fn are_columns(views: &[(Layout, [usize; 4])]) -> bool {
    let Some(&(first, [batch, _, rows, _])) = views.first() else { return true };
    let mut columns = Vec::new();
    for (layout, [_, heads, _, width]) in views {
        columns.extend((0..*heads).map(|head| (layout.start(0, head), *width)));
    }
    columns.sort_unstable();
    let (start, end) = (columns[0].0, columns[columns.len() - 1]);
    let extent = end.0 + end.1 - start;
    columns.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0)
        && is_nested(&Layout { head_stride: 0, ..first }, [batch, 1, rows, extent])
        && views.iter().all(|(layout, shape)| {
            let same = (layout.batch_stride, layout.row_stride);
            same == (first.batch_stride, first.row_stride) && (shape[0], shape[2]) == (batch, rows)
        })
}
