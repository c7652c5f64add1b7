#![allow(unsafe_code)]

use std::marker::PhantomData;

/// A slice that several tasks write at once, each to elements of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output<'a, T> {
    start: *mut T,
    len: usize,
    borrowed: PhantomData<&'a mut [T]>,
}

// SAFETY: an `Output` only gives out a pointer; whoever writes through it promises (see `start`)
// that no other task uses the same elements.
unsafe impl<T: Send> Send for Output<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Output<'_, T> {}

impl<'a, T> Output<'a, T> {
    /// The elements of `values`, borrowed until the last task is done.
    pub(crate) fn new(values: &'a mut [T]) -> Self {
        Self { start: values.as_mut_ptr(), len: values.len(), borrowed: PhantomData }
    }

    /// How many elements there are.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.len
    }

    /// The first element. Whoever writes keeps below `len` and to elements that no other task uses.
    #[inline(always)]
    pub(crate) fn start(self) -> *mut T {
        self.start
    }
}

impl<T: Copy> Output<'_, T> {
    /// Copies `values` to the elements from `first` on.
    ///
    /// # Safety
    /// No other task uses these elements.
    #[inline(always)]
    pub(crate) unsafe fn write(self, first: usize, values: &[T]) {
        assert!(first + values.len() <= self.len, "outside the output");
        // SAFETY: inside the slice by the assertion, and unused elsewhere by the caller's promise.
        unsafe {
            std::ptr::copy_nonoverlapping(values.as_ptr(), self.start.add(first), values.len());
        }
    }
}
