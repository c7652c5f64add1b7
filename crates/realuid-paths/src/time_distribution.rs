use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;

use crate::{Error, Result};

/// A distribution of training times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TimeDistribution {
    /// Uniform between `low` and `high`.
    Uniform {
        /// Smallest time.
        low: f64,
        /// Largest time.
        high: f64,
    },
    /// Sigmoid of a normal variable, in (0, 1) (Esser et al., arXiv 2403.03206, equation 19).
    LogitNormal {
        /// Mean of the normal variable; 0 puts the median at 1/2.
        mean: f64,
        /// Its standard deviation.
        std: f64,
    },
}

impl TimeDistribution {
    /// Uniform on [`low`, `high`]; fails unless both are finite and in order.
    pub fn uniform(low: f64, high: f64) -> Result<Self> {
        let distribution = Self::Uniform { low, high };
        distribution.validate()?;
        Ok(distribution)
    }

    /// Sigmoid of N(`mean`, `std`^2); fails unless both are finite and `std` is positive.
    pub fn logit_normal(mean: f64, std: f64) -> Result<Self> {
        let distribution = Self::LogitNormal { mean, std };
        distribution.validate()?;
        Ok(distribution)
    }

    /// `count` times, shape `[count]`: the same for the same stream on every machine.
    ///
    /// They are computed in f64 and rounded to `dtype` at the end, so a time may round to the upper
    /// end of its range. Fails where the distribution's numbers make none.
    pub fn sample(
        &self,
        stream: &RandomStream,
        count: usize,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        self.validate()?;
        let base = match self {
            Self::Uniform { .. } => stream.uniform(count, DType::F64, &Device::Cpu)?,
            Self::LogitNormal { .. } => stream.normal(count, DType::F64, &Device::Cpu)?,
        };
        let times: Vec<f64> = base.to_vec1::<f64>()?.into_iter().map(|v| self.map(v)).collect();
        Ok(Tensor::from_vec(times, count, &Device::Cpu)?.to_dtype(dtype)?.to_device(device)?)
    }

    /// The time of one standard value: uniform in [0, 1) or standard normal.
    fn map(&self, value: f64) -> f64 {
        match *self {
            Self::Uniform { low, high } => low + (high - low) * value,
            Self::LogitNormal { mean, std } => 1.0 / (1.0 + libm::exp(-(mean + std * value))),
        }
    }

    fn validate(&self) -> Result<()> {
        let (valid, expected) = match *self {
            Self::Uniform { low, high } => {
                (low.is_finite() && high.is_finite() && low <= high, "finite low <= high")
            }
            Self::LogitNormal { mean, std } => (
                mean.is_finite() && std.is_finite() && std > 0.0,
                "a finite mean and a finite std > 0",
            ),
        };
        if valid {
            return Ok(());
        }
        Err(Error::argument("making a distribution of times", expected, format!("{self:?}")))
    }
}
