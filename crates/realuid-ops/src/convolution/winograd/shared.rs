#![allow(unsafe_code)]

use std::marker::PhantomData;

/// A slice that tasks write disjoint parts of.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a, T> {
    start: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: it only hands out its address; whoever writes there promises not to overlap.
unsafe impl<T: Send> Send for Shared<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    /// Shares `slice` for as long as it is borrowed.
    pub fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }

    /// Elements of the slice.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The address of `count` elements from `index` on, which are inside the slice.
    #[inline(always)]
    pub fn at(&self, index: usize, count: usize) -> *mut T {
        debug_assert!(index + count <= self.len);
        self.start.wrapping_add(index)
    }
}
