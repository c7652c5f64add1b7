use candle_core::{DType, Device, Shape, Tensor};

use crate::Result;

/// An immutable source of random values, addressed by (seed, purpose, step).
///
/// Value k of a stream is a pure function of its address and k: asking twice gives the same values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RandomStream {
    key: u64,
}

impl RandomStream {
    /// The stream for one use (`purpose`, such as `"noise"`) at one `step` of the run seeded `seed`.
    pub fn new(seed: u64, purpose: &str, step: u64) -> Self {
        let mut key = seed ^ step.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for b in purpose.bytes() {
            key = (key ^ u64::from(b)).wrapping_mul(0x100_0000_01B3);
        }
        Self { key }
    }

    /// A stream independent of this one and of its other children.
    #[must_use]
    pub fn child(&self, index: u64) -> Self {
        Self { key: self.key ^ (index + 1).wrapping_mul(0xBF58_476D_1CE4_E5B9) }
    }

    /// Word k of the stream: 64 uniform random bits.
    pub fn word(&self, k: u64) -> u64 {
        let mut x = self.key.wrapping_add(k.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    /// Value k as a number in [0, 1).
    pub fn uniform_at(&self, k: u64) -> f64 {
        (self.word(k) >> 11) as f64 * 2.0_f64.powi(-53)
    }

    /// Uniform values in [0, 1), `shape`, `dtype` f32 or f64.
    pub fn uniform(&self, shape: impl Into<Shape>, dtype: DType, device: &Device) -> Result<Tensor> {
        let shape = shape.into();
        let v: Vec<f64> = (0..shape.elem_count() as u64).map(|k| self.uniform_at(k)).collect();
        Ok(Tensor::from_vec(v, shape, device)?.to_dtype(dtype)?)
    }

    /// Standard normal values, `shape`, `dtype` f32 or f64.
    pub fn normal(&self, shape: impl Into<Shape>, dtype: DType, device: &Device) -> Result<Tensor> {
        let shape = shape.into();
        let v: Vec<f64> = (0..shape.elem_count() as u64)
            .map(|k| {
                let (a, b) = (self.uniform_at(2 * k), self.uniform_at(2 * k + 1));
                (-2.0 * libm::log(1.0 - a)).sqrt() * libm::cos(std::f64::consts::TAU * b)
            })
            .collect();
        Ok(Tensor::from_vec(v, shape, device)?.to_dtype(dtype)?)
    }

    /// A uniformly random order of 0..n (Fisher-Yates).
    pub fn permutation(&self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            let j = (self.uniform_at(i as u64) * (i + 1) as f64) as usize;
            order.swap(i, j);
        }
        order
    }
}
