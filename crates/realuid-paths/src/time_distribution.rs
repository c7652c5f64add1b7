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
    /// Exponential of a normal variable (Karras et al., arXiv 2206.00364, table 1: mean -1.2, std 1.2
    /// of ln sigma); what falls outside `low` and `high` is moved to the nearer of them.
    LogNormal {
        /// Mean of the logarithm.
        mean: f64,
        /// Its standard deviation.
        std: f64,
        /// Smallest time, 0 for no bound.
        low: f64,
        /// Largest time, infinite for no bound.
        high: f64,
    },
    /// Each of the integers from `low` to `high` alike: the steps of a discrete schedule.
    DiscreteUniform {
        /// First integer.
        low: u64,
        /// Last integer, included.
        high: u64,
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

    /// exp(N(`mean`, `std`^2)) without bounds; fails unless both are finite and `std` is positive.
    pub fn log_normal(mean: f64, std: f64) -> Result<Self> {
        Self::bounded_log_normal(mean, std, 0.0, f64::INFINITY)
    }

    /// exp(N(`mean`, `std`^2)), what falls outside [`low`, `high`] moved to the nearer of them; fails
    /// also unless 0 <= low < high.
    pub fn bounded_log_normal(mean: f64, std: f64, low: f64, high: f64) -> Result<Self> {
        let distribution = Self::LogNormal { mean, std, low, high };
        distribution.validate()?;
        Ok(distribution)
    }

    /// Uniform over the integers from `low` to `high`; fails unless they are in order and exact in f64.
    pub fn discrete_uniform(low: u64, high: u64) -> Result<Self> {
        let distribution = Self::DiscreteUniform { low, high };
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
            Self::Uniform { .. } | Self::DiscreteUniform { .. } => {
                stream.uniform(count, DType::F64, &Device::Cpu)?
            }
            Self::LogitNormal { .. } | Self::LogNormal { .. } => {
                stream.normal(count, DType::F64, &Device::Cpu)?
            }
        };
        let times: Vec<f64> = base.to_vec1::<f64>()?.into_iter().map(|v| self.map(v)).collect();
        Ok(Tensor::from_vec(times, count, &Device::Cpu)?.to_dtype(dtype)?.to_device(device)?)
    }

    /// The smallest and the largest time that [`sample`](Self::sample) can give, before rounding: for a
    /// uniform one its two bounds, because a time just below the upper one may round to it.
    pub fn range(&self) -> (f64, f64) {
        // A stream's normal values come from 53 bits: none is larger than sqrt(-2 ln 2^-53).
        let largest = (2.0 * 53.0 * std::f64::consts::LN_2).sqrt();
        match *self {
            Self::Uniform { low, high } => (low, high),
            Self::DiscreteUniform { low, high } => (low as f64, high as f64),
            Self::LogitNormal { .. } | Self::LogNormal { .. } => {
                (self.map(-largest), self.map(largest))
            }
        }
    }

    /// The time of one standard value: uniform in [0, 1) or standard normal.
    fn map(&self, value: f64) -> f64 {
        match *self {
            Self::Uniform { low, high } => low + (high - low) * value,
            Self::LogitNormal { mean, std } => 1.0 / (1.0 + libm::exp(-(mean + std * value))),
            Self::LogNormal { mean, std, low, high } => {
                libm::exp(mean + std * value).clamp(low, high)
            }
            Self::DiscreteUniform { low, high } => {
                let count = (high - low) as f64 + 1.0;
                // A value just below 1 may round up to the count.
                low as f64 + (count * value).floor().min(count - 1.0)
            }
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
            Self::LogNormal { mean, std, low, high } => (
                mean.is_finite() && std.is_finite() && std > 0.0 && 0.0 <= low && low < high,
                "a finite mean, a finite std > 0 and 0 <= low < high",
            ),
            Self::DiscreteUniform { low, high } => {
                (low <= high && high < (1 << f64::MANTISSA_DIGITS), "integers low <= high < 2^53")
            }
        };
        if valid {
            return Ok(());
        }
        Err(Error::argument("making a distribution of times", expected, format!("{self:?}")))
    }
}
