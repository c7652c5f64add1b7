use candle_core::Tensor;

use super::linear_beta::{LinearBeta, one_minus_exp};
use super::pinned::PinnedDiffusion;
use crate::{Coefficients, Interpolant, Rated, Result, TimeSpan};

/// The bridge over variance-preserving diffusion with a linear beta, t from 0 (data) to 1 (source):
/// alpha_t = exp(-B(t) / 2), sigma_t^2 = 1 - alpha_t^2 of [`VpLinear`](crate::VpLinear), pinned at t = 1.
///
/// Zhou et al., DDBM, arXiv 2309.16948, table 1; its beta_d is beta_max - beta_min. At both ends the
/// rate of the latent is infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DdbmVp {
    beta: LinearBeta,
}

impl DdbmVp {
    /// Rates of noise at both ends of [0, 1], 0.1 and 2.1 in the published code; fails unless both
    /// are finite and positive.
    pub fn new(beta_min: f64, beta_max: f64) -> Result<Self> {
        Ok(Self { beta: LinearBeta::new(beta_min, beta_max)? })
    }
}

impl Interpolant for DdbmVp {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let beta = self.beta.rate(t)?;
        let (integral, remaining) = (self.beta.integral(t)?, self.beta.remaining(t)?);
        let variance = one_minus_exp(&integral)?;
        let noise = variance.sqrt()?;
        let noise_rate = (((&beta * integral.neg()?.exp()?)? / &noise)? * 0.5)?;
        let scale = (&remaining * 0.5)?.exp()?;
        let scale_rate = ((&beta * &scale)? * -0.5)?;
        // r = (e^B - 1) / (e^B(1) - 1), written with exponents that are never positive.
        let decay = remaining.neg()?.exp()?;
        let whole = -(-self.beta.total()).exp_m1();
        PinnedDiffusion {
            scale: Rated { value: scale, rate: scale_rate },
            last_scale: (-self.beta.total() / 2.0).exp(),
            noise: Rated { value: noise, rate: noise_rate },
            passed: Rated {
                value: ((variance * &decay)? / whole)?,
                rate: ((beta * decay)? / whole)?,
            },
            left: (one_minus_exp(&remaining)? / whole)?,
        }
        .coefficients()
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 0.0, source: 1.0 }
    }

    fn has_latent(&self) -> Result<bool> {
        Ok(true)
    }
}
