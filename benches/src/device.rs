//! Where workloads compute, and how much memory that takes there.
#![cfg_attr(
    not(feature = "cuda"),
    expect(clippy::unnecessary_wraps, reason = "only a GPU may fail")
)]

use anyhow::Result;
use candle_core::Device;
use realuid_train::device::{ChosenDevice, DeviceChoice};
use serde_json::{Value, json};

/// The device chosen; a line on standard error says why where it is not a GPU and could have been.
pub fn open(choice: DeviceChoice) -> Result<Device> {
    let ChosenDevice { device, reason } = choice.open()?;
    if let Some(reason) = reason {
        eprintln!("{reason}");
    }
    Ok(device)
}

/// What the device is, as an answer: a GPU has a name and so many bytes of memory.
pub fn describe(device: &Device) -> Result<Value> {
    match device {
        #[cfg(feature = "cuda")]
        Device::Cuda(gpu) => gpu::describe(gpu),
        _ => Ok(json!({ "kind": "cpu" })),
    }
}

/// The most memory of `device` held since [`forget_peak`], with what was kept for later, in bytes; none
/// on the processor.
pub fn peak(device: &Device) -> Result<Option<u64>> {
    match device {
        #[cfg(feature = "cuda")]
        Device::Cuda(_) => Ok(realuid_train::peak_memory::peak_memory(device)?),
        _ => Ok(None),
    }
}

/// Gives back what is not in use, so that another program may have it, and counts anew.
pub fn forget_peak(device: &Device) -> Result<()> {
    match device {
        #[cfg(feature = "cuda")]
        Device::Cuda(_) => Ok(realuid_ops::reset_cuda_peak(device)?),
        _ => Ok(()),
    }
}

#[cfg(feature = "cuda")]
mod gpu {
    use anyhow::Result;
    use candle_core::CudaDevice;
    use candle_core::cuda::WrapErr;
    use serde_json::{Value, json};

    pub fn describe(gpu: &CudaDevice) -> Result<Value> {
        let stream = gpu.cuda_stream();
        let context = stream.context();
        let (major, minor) = context.compute_capability().w()?;
        Ok(json!({
            "kind": "cuda",
            "name": context.name().w()?,
            "compute_capability": format!("{major}.{minor}"),
            "bytes": context.total_mem().w()?,
        }))
    }
}
