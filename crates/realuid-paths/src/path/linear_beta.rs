use candle_core::Tensor;

use crate::{Error, Result};

/// The rate of noise of a variance-preserving diffusion, beta(t) = min + (max - min) t on [0, 1], and
/// its integral B(t).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LinearBeta {
    min: f64,
    max: f64,
}

impl LinearBeta {
    /// Fails unless both are finite and positive.
    pub(super) fn new(min: f64, max: f64) -> Result<Self> {
        if min > 0.0 && max > 0.0 && (min + max).is_finite() {
            return Ok(Self { min, max });
        }
        Err(Error::argument(
            "making a schedule of beta",
            "finite beta_min > 0 and beta_max > 0",
            format!("beta_min {min}, beta_max {max}"),
        ))
    }

    /// beta(t).
    pub(super) fn rate(self, t: &Tensor) -> Result<Tensor> {
        Ok(t.affine(self.max - self.min, self.min)?)
    }

    /// B(t), the integral of beta from 0 to t.
    pub(super) fn integral(self, t: &Tensor) -> Result<Tensor> {
        Ok((t * t.affine((self.max - self.min) / 2.0, self.min)?)?)
    }

    /// B(1) - B(t), without cancellation near t = 1.
    pub(super) fn remaining(self, t: &Tensor) -> Result<Tensor> {
        let slope = (self.max - self.min) / 2.0;
        Ok((t.affine(-1.0, 1.0)? * t.affine(slope, self.total())?)?)
    }

    /// B(1).
    pub(super) fn total(self) -> f64 {
        f64::midpoint(self.min, self.max)
    }

    /// The time at which the integral is `integral`: the quadratic formula, without cancellation.
    pub(super) fn time_at(self, integral: f64) -> f64 {
        let square = self.min * self.min + 2.0 * (self.max - self.min) * integral;
        2.0 * integral / (self.min + square.max(0.0).sqrt())
    }
}

/// 1 - e^(-x) for x >= 0, as 2 h / (1 + h) with h = tanh(x / 2): exact for small x, also in f32.
pub(super) fn one_minus_exp(x: &Tensor) -> Result<Tensor> {
    let half = (x * 0.5)?.tanh()?;
    Ok(((&half * 2.0)? / half.affine(1.0, 1.0)?)?)
}
