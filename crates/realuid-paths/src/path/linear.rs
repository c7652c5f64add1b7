use candle_core::Tensor;

use crate::{Coefficients, GaussianPath, Interpolant, Rated, Result, TimeSpan};

/// The straight path of flow matching: x_t = t data + (1 - t) source, t from 0 (source) to 1 (data).
///
/// Lipman et al., arXiv 2210.02747, equation 22 with sigma_min = 0; Liu et al., arXiv 2209.03003.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Linear;

impl Interpolant for Linear {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let one = t.ones_like()?;
        let source = Rated { value: (&one - t)?, rate: one.neg()? };
        Coefficients::without_latent(Rated { value: t.clone(), rate: one }, source)
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 1.0, source: 0.0 }
    }

    fn has_latent(&self) -> Result<bool> {
        Ok(false)
    }
}

impl GaussianPath for Linear {
    /// t / (1 - t) = e^(log_snr / 2).
    fn invert_log_snr(&self, log_snr: &[f64]) -> Result<Vec<f64>> {
        Ok(log_snr.iter().map(|l| 1.0 / (1.0 + (-l / 2.0).exp())).collect())
    }
}
