//! Forward passes of single operations, for whoever changes a kernel: `cargo bench -p realuid-ops`.
//!
//! `cargo xtask bench cpu` measures them beside PyTorch, with their gradients.

mod attention;
mod convolution;
mod normalization;

use candle_core::{DType, Device, Tensor};
use divan::Bencher;
use realuid_ops::{RandomStream, Result, Tape, Value};

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

/// Measures `operation` on standard normal `x` of the given shape, as part of a larger computation:
/// nothing is copied from or to candle's memory.
fn on_a_tape(
    bencher: Bencher,
    shape: &[usize],
    operation: impl Fn(&Value) -> Result<Value> + Sync,
) {
    let x = normal("x", shape);
    bencher.bench(|| operation(&Tape::new().input(&x).expect("f32")).expect("shapes that fit"));
}
