use candle_core::Tensor;

use super::linear_beta::{LinearBeta, one_minus_exp};
use crate::{Coefficients, GaussianPath, Interpolant, Rated, Result, TimeSpan};

/// Variance-preserving diffusion with a linear beta: x_t = alpha_t data + sigma_t noise,
/// alpha_t = exp(-B(t) / 2), sigma_t^2 = 1 - alpha_t^2, B' = beta_min + (beta_max - beta_min) t, t from
/// 0 (data) to 1 (noise).
///
/// Song et al., arXiv 2011.13456, equations 11 and 29. At t = 0 the rate of sigma is infinite; at
/// t = 1 a share alpha_1 of the data is left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VpLinear {
    beta: LinearBeta,
}

impl VpLinear {
    /// Rates of noise at both ends of [0, 1]; fails unless both are finite and positive.
    pub fn new(beta_min: f64, beta_max: f64) -> Result<Self> {
        Ok(Self { beta: LinearBeta::new(beta_min, beta_max)? })
    }
}

impl Interpolant for VpLinear {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let (beta, integral) = (self.beta.rate(t)?, self.beta.integral(t)?);
        let scale = (&integral * -0.5)?.exp()?;
        let noise = one_minus_exp(&integral)?.sqrt()?;
        // alpha' = -beta alpha / 2 and sigma' = beta alpha^2 / (2 sigma).
        let data_rate = ((&beta * &scale)? * -0.5)?;
        let source_rate = (((beta * scale.sqr()?)? / &noise)? * 0.5)?;
        Coefficients::without_latent(
            Rated { value: scale, rate: data_rate },
            Rated { value: noise, rate: source_rate },
        )
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 0.0, source: 1.0 }
    }

    fn has_latent(&self) -> Result<bool> {
        Ok(false)
    }
}

impl GaussianPath for VpLinear {
    /// B = ln(1 + e^(-log_snr)), then the quadratic formula.
    fn invert_log_snr(&self, log_snr: &[f64]) -> Result<Vec<f64>> {
        let integral = |l: f64| (-l).max(0.0) + (-l.abs()).exp().ln_1p();
        Ok(log_snr.iter().map(|l| self.beta.time_at(integral(*l))).collect())
    }
}
