use super::Vector;
use crate::element::Element;

/// A vector that any machine has: a small array and plain loops.
#[derive(Clone, Copy)]
pub(crate) struct Portable<T, const N: usize>([T; N]);

#[allow(unsafe_code)]
impl<T: Element, const N: usize> Vector for Portable<T, N> {
    type Element = T;
    const LANES: usize = N;

    #[inline(always)]
    fn splat(value: T) -> Self {
        Self([value; N])
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller's promise; an array is as aligned as its elements.
        Self(unsafe { *from.cast::<[T; N]>() })
    }

    #[inline(always)]
    unsafe fn load_first(from: *const T, count: usize) -> Self {
        let mut lanes = [T::zero(); N];
        // SAFETY: the caller's promise.
        lanes[..count].copy_from_slice(unsafe { std::slice::from_raw_parts(from, count) });
        Self(lanes)
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller's promise; an array is as aligned as its elements.
        unsafe { *to.cast::<[T; N]>() = self.0 }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut T, count: usize) {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(to, count) }.copy_from_slice(&self.0[..count]);
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - other.0[i]))
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] / other.0[i]))
    }

    #[inline(always)]
    fn exp(self) -> Self {
        Self(self.0.map(T::exp))
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] * factor.0[i] + addend.0[i]))
    }
}
