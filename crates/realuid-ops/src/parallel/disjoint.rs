#![allow(unsafe_code)]

use std::marker::PhantomData;

/// A slice that several tasks write at once, each to elements of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disjoint<'a, T> {
    start: *mut T,
    len: usize,
    borrowed: PhantomData<&'a mut [T]>,
}

// SAFETY: it only gives out addresses; whoever uses one promises that no other task uses the same
// elements.
unsafe impl<T: Send> Send for Disjoint<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Disjoint<'_, T> {}

impl<'a, T> Disjoint<'a, T> {
    /// The elements of `values`, borrowed until the last task is done.
    pub(crate) fn new(values: &'a mut [T]) -> Self {
        Self { start: values.as_mut_ptr(), len: values.len(), borrowed: PhantomData }
    }

    /// How many elements there are.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The address of `count` elements from `first` on, which are inside the slice.
    #[inline(always)]
    pub(crate) fn at(&self, first: usize, count: usize) -> *mut T {
        debug_assert!(first + count <= self.len, "outside the slice");
        self.start.wrapping_add(first)
    }

    /// The elements from `first` on, at most `count`.
    ///
    /// # Safety
    /// No other task uses these elements.
    pub(crate) unsafe fn up_to(&self, first: usize, count: usize) -> &'a mut [T] {
        assert!(first <= self.len, "outside the slice");
        let count = count.min(self.len - first);
        // SAFETY: inside the slice, and unused elsewhere by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(first), count) }
    }
}

impl<T: Copy> Disjoint<'_, T> {
    /// Copies `values` to the elements from `first` on.
    ///
    /// # Safety
    /// No other task uses these elements.
    #[inline(always)]
    pub(crate) unsafe fn write(&self, first: usize, values: &[T]) {
        assert!(first + values.len() <= self.len, "outside the slice");
        // SAFETY: inside the slice by the assertion, and unused elsewhere by the caller's promise.
        unsafe {
            std::ptr::copy_nonoverlapping(values.as_ptr(), self.start.add(first), values.len());
        }
    }
}
