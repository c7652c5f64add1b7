//! The elements of tensors as slices.

use candle_core::{CpuStorage, Layout, Result, Storage};

use crate::element::Element;

/// The elements of a contiguous tensor on the CPU.
pub(crate) fn cpu_slice<'a, T: Element>(storage: &'a Storage, layout: &Layout) -> Result<&'a [T]> {
    match storage {
        Storage::Cpu(storage) => contiguous_slice(storage, layout),
        _ => candle_core::bail!("expected a tensor on the CPU; move it there first"),
    }
}

/// The elements of a contiguous tensor.
pub(crate) fn contiguous_slice<'a, T: Element>(
    storage: &'a CpuStorage,
    layout: &Layout,
) -> Result<&'a [T]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&T::cpu_storage_as_slice(storage)?[start..end]),
        None => candle_core::bail!("expected a contiguous tensor, found {layout:?}"),
    }
}

/// The elements of a contiguous tensor, to be overwritten.
pub(crate) fn in_place_slice<'a, T: Element>(
    storage: &'a mut CpuStorage,
    layout: &Layout,
) -> Result<&'a mut [T]> {
    match (layout.contiguous_offsets(), T::values_mut(storage)) {
        (Some((start, end)), Some(values)) => Ok(&mut values[start..end]),
        _ => candle_core::bail!("expected a contiguous {:?} tensor, found {layout:?}", T::DTYPE),
    }
}
