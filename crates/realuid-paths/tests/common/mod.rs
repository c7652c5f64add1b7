//! Paths that only the tests need, to hold the traits to more than the linear one.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::Path;

use candle_core::{Device, Tensor};
use realuid_paths::{Coefficients, Ends, Interpolant, Result, TimeSpan};
use realuid_testkit::{Fixture, formula_normal};

/// x_t = (1-t) data + t source + sqrt(epsilon t (1-t)) latent, t from 0 (data) to 1 (source).
pub struct BrownianBridge {
    pub epsilon: f64,
}

impl Interpolant for BrownianBridge {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let left = t.affine(-1.0, 1.0)?;
        let latent = ((t * &left)? * self.epsilon)?.sqrt()?;
        // c' = epsilon (1 - 2 t) / (2 c)
        let latent_rate = (t.affine(-self.epsilon, self.epsilon / 2.0)? / &latent)?;
        Ok(Coefficients {
            data_rate: t.ones_like()?.neg()?,
            source_rate: t.ones_like()?,
            source: t.clone(),
            data: left,
            latent,
            latent_rate,
        })
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 0.0, source: 1.0 }
    }
}

/// x_sigma = data + sigma source: native time is the noise level.
pub struct VarianceExploding;

impl Interpolant for VarianceExploding {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let (zero, one) = (t.zeros_like()?, t.ones_like()?);
        Ok(Coefficients {
            data: one.clone(),
            source: t.clone(),
            latent: zero.clone(),
            data_rate: zero.clone(),
            source_rate: one,
            latent_rate: zero,
        })
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 0.0, source: 80.0 }
    }
}

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

pub fn times(values: &[f64]) -> Tensor {
    Tensor::new(values, &Device::Cpu).unwrap()
}
