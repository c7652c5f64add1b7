use std::f64::consts::FRAC_PI_2;

use candle_core::Tensor;

use crate::{Coefficients, GaussianPath, Interpolant, Rated, Result, TimeSpan};

/// The cosine schedule in continuous time: x_t = cos(pi t / 2) data + sin(pi t / 2) noise, t from 0
/// (data) to 1 (noise).
///
/// Nichol and Dhariwal, arXiv 2102.09672, equation 17 with offset s = 0: the offset keeps the first
/// of many discrete steps from being too small, so it is part of [`Ddpm::cosine`](crate::Ddpm::cosine).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cosine;

impl Interpolant for Cosine {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        // The cosine, as a sine that is exactly zero at the noise end.
        let data = (t.affine(-1.0, 1.0)? * FRAC_PI_2)?.sin()?;
        let source = (t * FRAC_PI_2)?.sin()?;
        let rates = ((&source * -FRAC_PI_2)?, (&data * FRAC_PI_2)?);
        let data = Rated { value: data, rate: rates.0 };
        let source = Rated { value: source, rate: rates.1 };
        Coefficients::without_latent(data, source)
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 0.0, source: 1.0 }
    }
}

impl GaussianPath for Cosine {
    /// tan(pi t / 2) = e^(-log_snr / 2).
    fn invert_log_snr(&self, log_snr: &[f64]) -> Result<Vec<f64>> {
        Ok(log_snr.iter().map(|l| (-l / 2.0).exp().atan() / FRAC_PI_2).collect())
    }
}
