//! Forward passes of single operations, for whoever changes a kernel: `cargo bench -p realuid-ops`.
//!
//! `cargo xtask bench cpu` measures them beside PyTorch, with their gradients.

mod attention;
mod convolution;
mod normalization;

use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;

/// Images in a batch.
const BATCH: usize = 8;

fn main() {
    divan::main();
}

/// Standard normal values.
fn normal(purpose: &'static str, shape: &[usize]) -> Tensor {
    RandomStream::new(0, purpose, 0)
        .normal(shape, DType::F32, &Device::Cpu)
        .expect("a shape without zeros")
}
