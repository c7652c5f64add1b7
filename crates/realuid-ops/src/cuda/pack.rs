use super::View;

/// Elements in each of the widest accesses (`WIDEST` of `kernels/pack.cuh`): as many as 16 bytes hold
/// where `lengths` are multiples of that and `arrays` are aligned to it, and one otherwise.
pub(super) fn pack_width(arrays: &[View<'_>], lengths: &[usize]) -> usize {
    let bytes = arrays.first().map_or(1, |view| view.dtype.size_in_bytes());
    let widest = 16 / bytes;
    let aligned = arrays.iter().all(|view| view.pointer.is_multiple_of(16));
    if aligned && lengths.iter().all(|length| length.is_multiple_of(widest)) { widest } else { 1 }
}
