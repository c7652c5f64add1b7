//! The peak of a GPU's memory.

use candle_core::{DType, Tensor};
use realuid_ops::{cuda_peak_bytes, reset_cuda_peak};

use crate::support::gpu;

#[test]
fn the_peak_counts_what_was_held_and_falls_when_it_is_reset() {
    let Some(gpu) = gpu() else { return };
    // The driver's pool gives whole blocks back: much less than this may stay behind.
    let bytes = 1 << 30;
    reset_cuda_peak(&gpu).unwrap();
    let before = cuda_peak_bytes(&gpu).unwrap();
    let held = Tensor::zeros(bytes, DType::U8, &gpu).unwrap();
    let peak = cuda_peak_bytes(&gpu).unwrap();
    assert!(peak >= bytes as u64, "{peak}");
    drop(held);
    reset_cuda_peak(&gpu).unwrap();
    let peak = cuda_peak_bytes(&gpu).unwrap();
    assert!(peak < before + bytes as u64 / 2, "{peak}, before {before}");
}

#[test]
fn the_cpu_has_no_such_memory() {
    assert!(cuda_peak_bytes(&candle_core::Device::Cpu).is_err());
    assert!(reset_cuda_peak(&candle_core::Device::Cpu).is_err());
}
