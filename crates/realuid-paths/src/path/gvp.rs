use std::f64::consts::FRAC_PI_2;

use candle_core::Tensor;

use crate::{Coefficients, GaussianPath, Interpolant, Rated, Result, TimeSpan};

/// The generalised variance-preserving path: x_t = sin(pi t / 2) data + cos(pi t / 2) source, t from
/// 0 (source) to 1 (data).
///
/// Albergo et al., arXiv 2303.08797, trigonometric interpolant; Ma et al. (SiT), arXiv 2401.08740.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gvp;

impl Interpolant for Gvp {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let data = (t * FRAC_PI_2)?.sin()?;
        // The cosine, as a sine that is exactly zero at the data end.
        let source = (t.affine(-1.0, 1.0)? * FRAC_PI_2)?.sin()?;
        let rates = ((&source * FRAC_PI_2)?, (&data * -FRAC_PI_2)?);
        let data = Rated { value: data, rate: rates.0 };
        let source = Rated { value: source, rate: rates.1 };
        Coefficients::without_latent(data, source)
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 1.0, source: 0.0 }
    }
}

impl GaussianPath for Gvp {
    /// tan(pi t / 2) = e^(log_snr / 2).
    fn invert_log_snr(&self, log_snr: &[f64]) -> Result<Vec<f64>> {
        Ok(log_snr.iter().map(|l| (l / 2.0).exp().atan() / FRAC_PI_2).collect())
    }
}
