use std::sync::Arc;

use super::{chunks, stretch};
use crate::buffer::Buffer;
use crate::element::Element;

/// A buffer to be changed: a copy if somebody else holds it too.
pub(crate) fn own<T: Element>(buffer: Arc<Buffer<T>>) -> Buffer<T> {
    Arc::try_unwrap(buffer).unwrap_or_else(|shared| {
        let mut copy = Buffer::stale(shared.len());
        let size = stretch(shared.len());
        chunks(&mut copy, size, size, |i, copy| {
            copy.copy_from_slice(&shared[i * size..][..copy.len()]);
        });
        copy
    })
}
