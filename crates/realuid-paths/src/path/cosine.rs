use std::f64::consts::FRAC_PI_2;

use candle_core::Tensor;

use super::quarter_turn::sine_and_cosine;
use crate::{Coefficients, GaussianPath, Interpolant, Result, TimeSpan};

/// The cosine schedule in continuous time: x_t = cos(pi t / 2) data + sin(pi t / 2) noise, t from 0
/// (data) to 1 (noise).
///
/// Nichol and Dhariwal, arXiv 2102.09672, equation 17 with offset s = 0: the offset keeps the first
/// of many discrete steps from being too small, so it is part of [`Ddpm::cosine`](crate::Ddpm::cosine).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cosine;

impl Interpolant for Cosine {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let (sine, cosine) = sine_and_cosine(t)?;
        Coefficients::without_latent(cosine, sine)
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 0.0, source: 1.0 }
    }

    fn has_latent(&self) -> Result<bool> {
        Ok(false)
    }
}

impl GaussianPath for Cosine {
    /// tan(pi t / 2) = e^(-log_snr / 2).
    fn invert_log_snr(&self, log_snr: &[f64]) -> Result<Vec<f64>> {
        Ok(log_snr.iter().map(|l| (-l / 2.0).exp().atan() / FRAC_PI_2).collect())
    }
}
