//! The memory of a GPU: what is kept, what is given back, and how much there was at most.
#![allow(unsafe_code)]

use std::sync::Mutex;

use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::result::{device, mem_pool};
use candle_core::cuda::cudarc::driver::sys::{self, CUgraphMem_attribute, CUmemPool_attribute};
use candle_core::{CudaDevice, Device};

use super::context::lock;
use crate::Result;

/// The most memory of a GPU that this process has held at once since the last reset, in bytes: of the
/// driver's pool, which everything here is allocated from, and of CUDA graphs. What the driver and
/// NVIDIA's libraries need for themselves is not counted.
///
/// Pool and graphs may have had their peaks at different times, so the sum can be too much; but where
/// turns are repeated from graphs the pool hardly changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CudaPeak {
    /// What was in use.
    pub used: u64,
    /// What was taken from other programs: in use, or kept for the next allocation.
    pub reserved: u64,
}

const NONE: CudaPeak = CudaPeak { used: 0, reserved: 0 };

/// What the driver's marks do not tell any more; for all GPUs, of which a process uses one.
static EARLIER: Mutex<CudaPeak> = Mutex::new(NONE);

/// The peak of `device` since [`reset_cuda_peak`]; an error where it is no GPU.
pub fn cuda_peak(device: &Device) -> Result<CudaPeak> {
    Memory::of(device.as_cuda_device()?)?.peak()
}

/// Waits for `device`, gives back what is not in use and counts anew from there; an error where it is no
/// GPU.
pub fn reset_cuda_peak(device: &Device) -> Result<()> {
    give_idle_back(device.as_cuda_device()?)?;
    *lock(&EARLIER) = NONE;
    Ok(())
}

/// Lets freed memory stay with the process: the driver's pool would give it back at every
/// synchronisation.
pub(super) fn keep_freed(device: &CudaDevice) -> Result<()> {
    let attribute = CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
    Memory::of(device)?.set_pool(attribute, u64::MAX)
}

/// Waits for the device and gives freed memory back to the driver: graphs cannot use what the pool keeps.
pub(super) fn give_idle_back(device: &CudaDevice) -> Result<()> {
    let memory = Memory::of(device)?;
    device.cuda_stream().synchronize().w()?;
    let peak = memory.peak()?;
    // SAFETY: the device exists, and so does its pool; nothing in use is given back.
    unsafe {
        mem_pool::trim_to(memory.pool, 0).w()?;
        sys::cuDeviceGraphMemTrim(memory.device).result().w()?;
    }
    memory.forget_marks()?;
    *lock(&EARLIER) = peak;
    Ok(())
}

/// Where a device keeps memory.
struct Memory {
    device: sys::CUdevice,
    pool: sys::CUmemoryPool,
}

impl Memory {
    fn of(device: &CudaDevice) -> Result<Self> {
        let device = device.cuda_stream().context().cu_device();
        // SAFETY: the device exists, so it has a pool.
        Ok(Self { device, pool: unsafe { device::get_default_mem_pool(device) }.w()? })
    }

    fn peak(&self) -> Result<CudaPeak> {
        let earlier = *lock(&EARLIER);
        let used = self.pool(CUmemPool_attribute::CU_MEMPOOL_ATTR_USED_MEM_HIGH)?
            + self.graphs(CUgraphMem_attribute::CU_GRAPH_MEM_ATTR_USED_MEM_HIGH)?;
        let reserved = self.pool(CUmemPool_attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH)?
            + self.graphs(CUgraphMem_attribute::CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH)?;
        Ok(CudaPeak { used: used.max(earlier.used), reserved: reserved.max(earlier.reserved) })
    }

    fn pool(&self, attribute: CUmemPool_attribute) -> Result<u64> {
        let mut bytes = 0_u64;
        // SAFETY: the attributes asked for are u64, written during the call.
        unsafe { mem_pool::get_attribute(self.pool, attribute, (&raw mut bytes).cast()).w()? };
        Ok(bytes)
    }

    fn set_pool(&self, attribute: CUmemPool_attribute, mut value: u64) -> Result<()> {
        // SAFETY: the attributes that are set are u64, read during the call.
        unsafe { mem_pool::set_attribute(self.pool, attribute, (&raw mut value).cast()).w()? };
        Ok(())
    }

    fn graphs(&self, attribute: CUgraphMem_attribute) -> Result<u64> {
        let mut bytes = 0_u64;
        // SAFETY: as above.
        unsafe {
            let value = (&raw mut bytes).cast();
            sys::cuDeviceGetGraphMemAttribute(self.device, attribute, value).result().w()?;
        }
        Ok(bytes)
    }

    /// The marks fall to what is held now; a driver takes no other number than zero.
    fn forget_marks(&self) -> Result<()> {
        self.set_pool(CUmemPool_attribute::CU_MEMPOOL_ATTR_USED_MEM_HIGH, 0)?;
        self.set_pool(CUmemPool_attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH, 0)?;
        for attribute in [
            CUgraphMem_attribute::CU_GRAPH_MEM_ATTR_USED_MEM_HIGH,
            CUgraphMem_attribute::CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH,
        ] {
            let mut zero = 0_u64;
            let zero = (&raw mut zero).cast();
            // SAFETY: these attributes are u64, read during the call.
            unsafe { sys::cuDeviceSetGraphMemAttribute(self.device, attribute, zero) }
                .result()
                .w()?;
        }
        Ok(())
    }
}
