//! Golden values, closed forms and refusals of every metric.

mod energy_distance;
mod fixture;
mod frechet_distance;
mod frechet_statistics;
mod mmd;
mod mode_weights;
mod pooled_pixels;
mod prdc;
mod refusals;
mod reproducibility;
mod sliced_wasserstein;

use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;

/// Normal samples [count, dim] in f64, a different set for every `seed`.
fn normal(seed: u64, count: usize, dim: usize) -> Tensor {
    RandomStream::new(seed, "test", 0).normal((count, dim), DType::F64, &Device::Cpu).unwrap()
}

/// One sample a row.
fn rows<const D: usize>(values: &[[f64; D]]) -> Tensor {
    Tensor::from_slice(values.as_flattened(), (values.len(), D), &Device::Cpu).unwrap()
}

#[track_caller]
fn assert_near(actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance * expected.abs().max(1.0),
        "expected {expected}, found {actual}"
    );
}
