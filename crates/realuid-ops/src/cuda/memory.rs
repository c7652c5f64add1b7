//! How much of a GPU's memory a program has needed.
#![allow(unsafe_code)]

use candle_core::Device;
use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::result::{device, mem_pool};
use candle_core::cuda::cudarc::driver::sys::{self, CUgraphMem_attribute, CUmemPool_attribute};

use crate::Result;

/// The most memory of a GPU that this process has held at once since the last reset, in bytes: of the
/// driver's pool, which everything here is allocated from, and of captured graphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CudaPeak {
    /// What was in use.
    pub used: u64,
    /// What was taken from other programs: in use, or kept for the next allocation.
    pub reserved: u64,
}

/// The peak of `device` since [`reset_cuda_peak`]; an error where it is no GPU.
pub fn cuda_peak(device: &Device) -> Result<CudaPeak> {
    let memory = Memory::of(device)?;
    Ok(CudaPeak {
        used: memory.pool(CUmemPool_attribute::CU_MEMPOOL_ATTR_USED_MEM_HIGH)?
            + memory.graphs(CUgraphMem_attribute::CU_GRAPH_MEM_ATTR_USED_MEM_HIGH)?,
        reserved: memory.pool(CUmemPool_attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH)?
            + memory.graphs(CUgraphMem_attribute::CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH)?,
    })
}

/// Waits for `device`, gives back what is not in use and counts anew from there; an error where it is no
/// GPU.
pub fn reset_cuda_peak(device: &Device) -> Result<()> {
    let memory = Memory::of(device)?;
    device.synchronize()?;
    // SAFETY: the device exists, and so does its pool; nothing in use is given back.
    unsafe {
        mem_pool::trim_to(memory.pool, 0).w()?;
        sys::cuDeviceGraphMemTrim(memory.device).result().w()?;
    }
    memory.reset()
}

/// Where a device keeps memory.
struct Memory {
    device: sys::CUdevice,
    pool: sys::CUmemoryPool,
}

impl Memory {
    fn of(device: &Device) -> Result<Self> {
        let ordinal = device.as_cuda_device()?.cuda_stream().context().ordinal();
        let device = device::get(i32::try_from(ordinal).unwrap_or(i32::MAX)).w()?;
        // SAFETY: the device exists, so it has a pool.
        Ok(Self { device, pool: unsafe { device::get_default_mem_pool(device) }.w()? })
    }

    fn pool(&self, attribute: CUmemPool_attribute) -> Result<u64> {
        let mut bytes = 0_u64;
        // SAFETY: the attributes asked for are u64, written during the call.
        unsafe { mem_pool::get_attribute(self.pool, attribute, (&raw mut bytes).cast()).w()? };
        Ok(bytes)
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
    fn reset(&self) -> Result<()> {
        let mut zero = 0_u64;
        let zero = (&raw mut zero).cast();
        // SAFETY: these attributes are u64, read during the call.
        unsafe {
            for attribute in [
                CUmemPool_attribute::CU_MEMPOOL_ATTR_USED_MEM_HIGH,
                CUmemPool_attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH,
            ] {
                mem_pool::set_attribute(self.pool, attribute, zero).w()?;
            }
            for attribute in [
                CUgraphMem_attribute::CU_GRAPH_MEM_ATTR_USED_MEM_HIGH,
                CUgraphMem_attribute::CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH,
            ] {
                sys::cuDeviceSetGraphMemAttribute(self.device, attribute, zero).result().w()?;
            }
        }
        Ok(())
    }
}
