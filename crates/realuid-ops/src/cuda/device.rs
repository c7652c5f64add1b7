#![allow(unsafe_code)]

use candle_core::Device;

use super::memory;
use crate::Result;

/// GPU number `ordinal`, from 0, set up for training: one stream for all threads, and memory that
/// was freed is kept for the next allocation instead of being given back to the driver.
pub fn cuda_device(ordinal: usize) -> Result<Device> {
    let device = Device::new_cuda_with_stream(ordinal)?;
    let cuda = device.as_cuda_device()?;
    // SAFETY: events order the uses of memory on several streams, and there is only one.
    unsafe { cuda.disable_event_tracking() };
    memory::keep_freed(cuda)?;
    Ok(device)
}
