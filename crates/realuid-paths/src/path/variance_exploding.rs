use candle_core::Tensor;

use super::positive::positive;
use crate::{Coefficients, GaussianPath, Interpolant, Rated, Result, TimeSpan};

/// Variance-exploding diffusion in the coordinates of EDM: x_sigma = data + sigma noise, native time
/// the noise level sigma, from 0 (data) to `sigma_max` (noise of that scale).
///
/// Song et al., arXiv 2011.13456, equation 9; Karras et al., arXiv 2206.00364, equation 1 with
/// sigma(t) = t.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VarianceExploding {
    sigma_max: f64,
}

impl VarianceExploding {
    /// Up to the noise level `sigma_max`, 80 in EDM; fails unless it is finite and positive.
    pub fn new(sigma_max: f64) -> Result<Self> {
        Ok(Self {
            sigma_max: positive("making a variance-exploding path", "sigma_max", sigma_max)?,
        })
    }
}

impl Interpolant for VarianceExploding {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let (zero, one) = (t.zeros_like()?, t.ones_like()?);
        let source = Rated { value: t.clone(), rate: one.clone() };
        Coefficients::without_latent(Rated { value: one, rate: zero }, source)
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 0.0, source: self.sigma_max }
    }

    fn has_latent(&self) -> Result<bool> {
        Ok(false)
    }
}

impl GaussianPath for VarianceExploding {
    /// sigma = e^(-log_snr / 2).
    fn invert_log_snr(&self, log_snr: &[f64]) -> Result<Vec<f64>> {
        Ok(log_snr.iter().map(|l| (-l / 2.0).exp()).collect())
    }
}
