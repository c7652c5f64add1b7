use candle_core::Tensor;

use super::pinned::PinnedDiffusion;
use crate::{Coefficients, Error, Interpolant, Rated, Result, TimeSpan};

/// The image-to-image Schroedinger bridge: Brownian motion whose rate beta(t) rises to the middle of
/// the path and falls the same way, pinned at both ends; t from 0 (data) to 1 (source).
///
/// sqrt(beta(t)) = sqrt(beta_min) + (sqrt(beta_max) - sqrt(beta_min)) min(t, 1 - t): the square root
/// is linear, and `beta_max` is what it would reach at t = 1 without turning. Liu et al., arXiv
/// 2302.05872, proposition 3.3; the schedule in continuous time is that of the published
/// code. At both ends the rate of the latent is infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct I2sb {
    root_min: f64,
    root_slope: f64,
}

impl I2sb {
    /// The schedule of the published code is `beta_min` 0.1 and `beta_max` 0.3 (or 1); fails unless
    /// both are finite and positive.
    pub fn new(beta_min: f64, beta_max: f64) -> Result<Self> {
        if beta_min > 0.0 && beta_max > 0.0 && (beta_min + beta_max).is_finite() {
            let root_min = beta_min.sqrt();
            return Ok(Self { root_min, root_slope: beta_max.sqrt() - root_min });
        }
        Err(Error::argument(
            "making an image-to-image bridge",
            "finite beta_min > 0 and beta_max > 0",
            format!("beta_min {beta_min}, beta_max {beta_max}"),
        ))
    }

    /// The integral of beta from 0 to u <= 1/2, as a polynomial without division by the slope.
    fn integral(&self, u: &Tensor) -> Result<Tensor> {
        let (m, s) = (self.root_min, self.root_slope);
        let cubic = (u * (s * s / 3.0))?.affine(1.0, m * s)?;
        Ok((u * (u * cubic)?.affine(1.0, m * m)?)?)
    }

    /// The integral of beta over the whole path.
    fn total(&self) -> f64 {
        let (m, s) = (self.root_min, self.root_slope);
        // Twice the integral up to u = 1/2.
        m * m + 0.5 * (m * s + 0.5 * (s * s / 3.0))
    }
}

impl Interpolant for I2sb {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let (zero, one, total) = (t.zeros_like()?, t.ones_like()?, self.total());
        let back = (&one - t)?;
        let near = t.minimum(&back)?;
        let beta = near.affine(self.root_slope, self.root_min)?.sqr()?;
        // By symmetry the variance from t on is the variance up to 1 - t.
        let outer = self.integral(&near)?;
        let inner = outer.affine(-1.0, total)?;
        let first_half = t.le(&back)?;
        let variance = first_half.where_cond(&outer, &inner)?;
        let rest = first_half.where_cond(&inner, &outer)?;
        let noise = variance.sqrt()?;
        PinnedDiffusion {
            scale: Rated { value: one, rate: zero },
            last_scale: 1.0,
            noise: Rated { rate: ((&beta / &noise)? * 0.5)?, value: noise },
            passed: Rated { value: (variance / total)?, rate: (beta / total)? },
            left: (rest / total)?,
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
