#![allow(unsafe_code)]

use super::Vector;

/// The first `count` elements, which may be all.
///
/// # Safety
/// `from` is valid for `count` <= LANES elements.
#[inline(always)]
pub(crate) unsafe fn load_up_to<V: Vector>(from: *const V::Element, count: usize) -> V {
    // SAFETY: the caller's promise.
    unsafe { if count == V::LANES { V::load(from) } else { V::load_first(from, count) } }
}

/// Writes the first `count` lanes, which may be all.
///
/// # Safety
/// `to` is valid for `count` <= LANES elements.
#[inline(always)]
pub(crate) unsafe fn store_up_to<V: Vector>(value: V, to: *mut V::Element, count: usize) {
    // SAFETY: the caller's promise.
    unsafe { if count == V::LANES { value.store(to) } else { value.store_first(to, count) } }
}
