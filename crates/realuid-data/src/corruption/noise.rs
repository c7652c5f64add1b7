use candle_core::{DType, Device};
use realuid_ops::RandomStream;

use crate::{Corruption, Error, Result};

/// Gaussian noise: source = data + std z with z standard normal, for examples of any shape.
///
/// Nothing is clipped, so that the source is exactly Gaussian given the data; pixels may leave
/// [-1, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    std: f64,
}

impl Noise {
    /// Noise of the standard deviation `std`, finite and not negative.
    pub fn new(std: f64) -> Result<Self> {
        if !(std.is_finite() && std >= 0.0) {
            return Err(Error::Argument {
                operation: "making noise",
                expected: "a finite standard deviation of at least 0".into(),
                found: std.to_string(),
            });
        }
        Ok(Self { std })
    }
}

impl Corruption for Noise {
    fn apply(&self, _: &[usize], data: &[f32], stream: &RandomStream) -> Result<Vec<f32>> {
        let noise = stream.normal(data.len(), DType::F64, &Device::Cpu)?.to_vec1::<f64>()?;
        let noised = data.iter().zip(noise).map(|(x, z)| f64::from(*x) + self.std * z);
        Ok(noised.map(|value| value as f32).collect())
    }
}
