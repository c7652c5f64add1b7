use std::f64::consts::FRAC_PI_2;

use candle_core::Tensor;

use super::quarter_turn::sine_and_cosine;
use crate::{Coefficients, GaussianPath, Interpolant, Result, TimeSpan};

/// The generalised variance-preserving path: x_t = sin(pi t / 2) data + cos(pi t / 2) source, t from
/// 0 (source) to 1 (data).
///
/// Albergo et al., arXiv 2303.08797, trigonometric interpolant; Ma et al. (SiT), arXiv 2401.08740.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gvp;

impl Interpolant for Gvp {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let (sine, cosine) = sine_and_cosine(t)?;
        Coefficients::without_latent(sine, cosine)
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 1.0, source: 0.0 }
    }

    fn has_latent(&self) -> Result<bool> {
        Ok(false)
    }
}

impl GaussianPath for Gvp {
    /// tan(pi t / 2) = e^(log_snr / 2).
    fn invert_log_snr(&self, log_snr: &[f64]) -> Result<Vec<f64>> {
        Ok(log_snr.iter().map(|l| (l / 2.0).exp().atan() / FRAC_PI_2).collect())
    }
}
