//! The memory of a GPU: what is kept, given back, and how much there was at most.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::result::{device, mem_pool};
use candle_core::cuda::cudarc::driver::sys::{
    CUgraphMem_attribute, CUmemPool_attribute, CUmemoryPool, cuDeviceGetGraphMemAttribute,
    cuDeviceGraphMemTrim, cuDeviceSetGraphMemAttribute,
};
use candle_core::{CudaDevice, Device};

use crate::Result;

/// The peak so far that the driver's counters do not hold any more; for all GPUs of the process, of
/// which it uses one.
static EARLIER: AtomicU64 = AtomicU64::new(0);

/// The most memory in bytes that tensors, scratch memory and CUDA graphs have held on the GPU `device`
/// at once, with what was kept for them, since the process began or [`reset_cuda_peak`]. What the driver
/// and NVIDIA's libraries hold for themselves is not counted.
pub fn cuda_peak_bytes(device: &Device) -> Result<u64> {
    peak(device.as_cuda_device()?)
}

/// Waits for the GPU `device`, gives back what is idle, so that other programs find room, and forgets all
/// peaks up to now.
pub fn reset_cuda_peak(device: &Device) -> Result<()> {
    give_idle_back(device.as_cuda_device()?)?;
    EARLIER.store(0, Ordering::Relaxed);
    Ok(())
}

/// Lets freed memory stay with the process: the driver's pool would give it back at every
/// synchronisation.
pub(super) fn keep_freed(device: &CudaDevice) -> Result<()> {
    set(device, CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, u64::MAX)
}

/// Gives freed memory back to the driver: CUDA graphs cannot use what the pool keeps.
pub(super) fn give_idle_back(device: &CudaDevice) -> Result<()> {
    device.cuda_stream().synchronize().w()?;
    EARLIER.fetch_max(peak(device)?, Ordering::Relaxed);
    // SAFETY: the device exists, and so does its pool; nothing in use is given back.
    unsafe {
        mem_pool::trim_to(pool(device)?, 0).w()?;
        cuDeviceGraphMemTrim(number(device)).result().w()?;
    }
    reset(device)
}

/// Pool and graphs may have had their peaks at different times, so this can be too much; between two
/// resets one of them hardly changes.
fn peak(device: &CudaDevice) -> Result<u64> {
    let mut of_pool = 0_u64;
    let attribute = CUmemPool_attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH;
    // SAFETY: the attribute is a u64, written during the call.
    unsafe { mem_pool::get_attribute(pool(device)?, attribute, (&raw mut of_pool).cast()) }.w()?;
    let mut of_graphs = 0_u64;
    let attribute = CUgraphMem_attribute::CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH;
    // SAFETY: the attribute is a u64, written during the call.
    unsafe { cuDeviceGetGraphMemAttribute(number(device), attribute, (&raw mut of_graphs).cast()) }
        .result()
        .w()?;
    Ok(EARLIER.load(Ordering::Relaxed).max(of_pool + of_graphs))
}

/// Lowers the driver's counters to what is held now.
fn reset(device: &CudaDevice) -> Result<()> {
    set(device, CUmemPool_attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH, 0)?;
    let (attribute, mut zero) = (CUgraphMem_attribute::CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH, 0_u64);
    // SAFETY: the attribute is a u64, read during the call.
    unsafe { cuDeviceSetGraphMemAttribute(number(device), attribute, (&raw mut zero).cast()) }
        .result()
        .w()?;
    Ok(())
}

fn set(device: &CudaDevice, attribute: CUmemPool_attribute, mut value: u64) -> Result<()> {
    // SAFETY: the pool exists with its device; the attributes set here are u64, read during the call.
    unsafe { mem_pool::set_attribute(pool(device)?, attribute, (&raw mut value).cast()) }.w()?;
    Ok(())
}

/// The pool that all allocations on the stream come from.
fn pool(device: &CudaDevice) -> Result<CUmemoryPool> {
    // SAFETY: the device exists, so it has a pool.
    Ok(unsafe { device::get_default_mem_pool(number(device)) }.w()?)
}

fn number(device: &CudaDevice) -> i32 {
    device.cuda_stream().context().cu_device()
}
