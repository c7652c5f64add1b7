use std::sync::atomic::{AtomicBool, Ordering};

static TF32: AtomicBool = AtomicBool::new(false);

/// Whether products and convolutions of f32 tensors on a GPU round their factors to TF32: 10 bits of
/// mantissa instead of 23, several times as fast. Off at first; for the whole process, from the next
/// operation on. Nothing else changes: 16-bit tensors, the CPU, and accumulation in f32.
pub fn set_tf32(allowed: bool) {
    TF32.store(allowed, Ordering::Relaxed);
}

/// What [`set_tf32`] said last.
#[cfg(feature = "cuda")]
pub(crate) fn tf32() -> bool {
    TF32.load(Ordering::Relaxed)
}
