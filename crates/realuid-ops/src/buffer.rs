use std::ops::{Deref, DerefMut, Range};
use std::sync::{Mutex, PoisonError};

use crate::element::Element;

/// A slice on loan from the pool of its type, to which it returns when dropped.
///
/// A training step asks for the same sizes again and again; memory fresh from the system costs a page
/// fault for every 4 KiB, a good part of the time it takes to fill. The slice starts on a cache line,
/// so that no whole vector lies across two.
#[derive(Debug)]
pub(crate) struct Buffer<T: Element> {
    values: Vec<T>,
    /// Where the slice is in `values`.
    place: Range<usize>,
}

impl<T: Element> Buffer<T> {
    /// `len` elements of unspecified value: whoever asks writes all of them.
    pub fn stale(len: usize) -> Self {
        let spacious = len + CACHE_LINE;
        let mut values =
            if len < SMALL { Vec::with_capacity(spacious) } else { lock(T::pool()).take(spacious) };
        values.resize(spacious, T::zero());
        let start = values.as_ptr().align_offset(CACHE_LINE * size_of::<f32>()).min(CACHE_LINE);
        Self { values, place: start..start + len }
    }

    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Self::stale(len);
        buffer.fill(T::zero());
        buffer
    }

    /// A copy of `values`.
    pub fn copy_of(values: &[T]) -> Self {
        let mut buffer = Self::stale(values.len());
        buffer.copy_from_slice(values);
        buffer
    }
}

impl<T: Element> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.place.clone()]
    }
}

impl<T: Element> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.place.clone()]
    }
}

impl<T: Element> Drop for Buffer<T> {
    fn drop(&mut self) {
        if self.place.len() >= SMALL {
            lock(T::pool()).give(std::mem::take(&mut self.values));
        }
    }
}

/// f32s in a cache line.
const CACHE_LINE: usize = 16;

/// Elements below which the system's allocator is as good.
const SMALL: usize = 1 << 12;

/// Elements that may lie idle beyond the most that was ever in use at once.
const SPARE: usize = 1 << 26;

/// Idle buffers of one type, the longest idle first.
pub(crate) struct Pool<T> {
    idle: Vec<Vec<T>>,
    /// Elements of all idle buffers.
    waiting: usize,
    /// Elements of all buffers on loan, and the most that ever were.
    lent: usize,
    most_lent: usize,
}

impl<T> Pool<T> {
    /// An empty pool.
    pub const fn new() -> Self {
        Self { idle: Vec::new(), waiting: 0, lent: 0, most_lent: 0 }
    }
}

impl<T: Element> Pool<T> {
    /// The idle buffer that fits best, or a new one.
    fn take(&mut self, len: usize) -> Vec<T> {
        let fits = |v: &Vec<T>| (len..=len + len / 4).contains(&v.capacity());
        let best = (0..self.idle.len())
            .filter(|&i| fits(&self.idle[i]))
            .min_by_key(|&i| self.idle[i].capacity());
        let values = match best {
            Some(best) => {
                let values = self.idle.remove(best);
                self.waiting -= values.capacity();
                values
            }
            None => vec![T::zero(); len],
        };
        self.lent += values.capacity();
        self.most_lent = self.most_lent.max(self.lent);
        self.limit();
        values
    }

    fn give(&mut self, values: Vec<T>) {
        self.lent -= values.capacity();
        self.waiting += values.capacity();
        self.idle.push(values);
        self.limit();
    }

    /// Gives back to the system what has been idle for longest, so that idle memory adds no more than
    /// a fixed amount to the peak.
    fn limit(&mut self) {
        let surplus = (self.lent + self.waiting).saturating_sub(self.most_lent + SPARE);
        let (mut freed, mut gone) = (0, 0);
        while freed < surplus && gone < self.idle.len() {
            freed += self.idle[gone].capacity();
            gone += 1;
        }
        self.waiting -= freed;
        self.idle.drain(..gone);
    }
}

/// The pool, also after a panic elsewhere: it holds no invariant that a panic could break.
fn lock<T>(pool: &Mutex<Pool<T>>) -> std::sync::MutexGuard<'_, Pool<T>> {
    pool.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Pool, SPARE};

    #[test]
    fn what_fits_is_lent_again() {
        let mut pool = Pool::<f32>::new();
        let first = pool.take(1000);
        let address = first.as_ptr();
        pool.give(first);
        let small = pool.take(500);
        assert_ne!(small.as_ptr(), address, "half of a buffer would be wasted");
        let fitting = pool.take(900);
        assert_eq!(fitting.as_ptr(), address);
    }

    #[test]
    fn idle_memory_is_limited() {
        let mut pool = Pool::<f32>::new();
        for len in [SPARE / 2, SPARE, SPARE * 3 / 4] {
            let lent = pool.take(len);
            pool.give(lent);
        }
        assert!(pool.waiting <= pool.most_lent + SPARE, "{} idle", pool.waiting);
        assert_eq!(pool.lent, 0);
    }
}
