#![allow(unsafe_code)]

use candle_core::Device;
use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::result::{device, mem_pool};
use candle_core::cuda::cudarc::driver::sys::CUmemPool_attribute;

use crate::Result;

/// GPU number `ordinal`, from 0, set up for training: one stream for all threads, and memory that
/// was freed is kept for the next allocation instead of being given back to the driver.
pub fn cuda_device(ordinal: usize) -> Result<Device> {
    let device = Device::new_cuda_with_stream(ordinal)?;
    let cuda = device.as_cuda_device()?;
    // SAFETY: events order the uses of memory on several streams, and there is only one.
    unsafe { cuda.disable_event_tracking() };
    keep_freed_memory(ordinal)?;
    Ok(device)
}

/// The driver's pool gives memory back at every synchronisation, unless it may keep this much.
fn keep_freed_memory(ordinal: usize) -> Result<()> {
    let mut threshold = u64::MAX;
    let attribute = CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
    let ordinal = i32::try_from(ordinal).unwrap_or(i32::MAX);
    // SAFETY: the device exists, so it has a pool; the attribute is a u64, read during the call.
    unsafe {
        let pool = device::get_default_mem_pool(device::get(ordinal).w()?).w()?;
        mem_pool::set_attribute(pool, attribute, (&raw mut threshold).cast()).w()?;
    }
    Ok(())
}
