//! The list of paths, fixtures and formula ends that the tests share.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod every_path;

use std::path::Path;

use candle_core::{Device, Tensor};
use realuid_paths::Ends;
use realuid_testkit::{Fixture, formula_normal};

pub fn fixture(name: &str) -> Fixture {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    Fixture::open(&root, &root.join(name)).unwrap()
}

/// Ends of shape [batch, 3] without a latent.
pub fn ends(batch: usize) -> Ends {
    Ends {
        data: formula_normal("ends/data", (batch, 3)).unwrap(),
        source: formula_normal("ends/source", (batch, 3)).unwrap(),
        latent: None,
    }
}

/// Ends of shape [batch, 3] with a latent.
pub fn three_ends(batch: usize) -> Ends {
    Ends { latent: Some(formula_normal("ends/latent", (batch, 3)).unwrap()), ..ends(batch) }
}

pub fn times(values: &[f64]) -> Tensor {
    Tensor::new(values, &Device::Cpu).unwrap()
}
