//! Memory that a few kernels in a row share.
#![allow(unsafe_code)]

use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::{CudaSlice, DevicePtr, DeviceRepr};

use super::Context;
use crate::Result;

/// Room for `count` numbers of any value: kernels write them before they read them.
pub(super) fn scratch<T: DeviceRepr>(context: &Context, count: usize) -> Result<CudaSlice<T>> {
    // SAFETY: numbers of any bits are valid.
    Ok(unsafe { context.stream().alloc(count.max(1)) }.w()?)
}

/// Its address.
pub(super) fn pointer<T>(context: &Context, memory: &CudaSlice<T>) -> u64 {
    memory.device_ptr(context.stream()).0
}
