use candle_core::Tensor;

use super::pinned::PinnedDiffusion;
use super::positive::positive;
use crate::{Coefficients, Interpolant, Rated, Result, TimeSpan};

/// The bridge over variance-exploding diffusion: x_t = (1 - r) data + r source + t sqrt(1 - r)
/// latent with r = t^2 / T^2, native time the noise level, from 0 (data) to T = `sigma_max` (source).
///
/// Zhou et al., DDBM, arXiv 2309.16948, table 1. At the source end the rate of the latent is infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DdbmVe {
    sigma_max: f64,
}

impl DdbmVe {
    /// Up to the noise level `sigma_max`, 80 in the paper; fails unless it is finite and positive.
    pub fn new(sigma_max: f64) -> Result<Self> {
        Ok(Self {
            sigma_max: positive("making a variance-exploding bridge", "sigma_max", sigma_max)?,
        })
    }
}

impl Interpolant for DdbmVe {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let (zero, one) = (t.zeros_like()?, t.ones_like()?);
        let share = (t / self.sigma_max)?;
        PinnedDiffusion {
            scale: Rated { value: one.clone(), rate: zero },
            last_scale: 1.0,
            noise: Rated { value: t.clone(), rate: one },
            passed: Rated { value: share.sqr()?, rate: (&share * (2.0 / self.sigma_max))? },
            // (T - t) (T + t) / T^2, with the difference taken before it is rounded by a division.
            left: ((t.affine(-1.0, self.sigma_max)? / self.sigma_max)?
                * share.affine(1.0, 1.0)?)?,
        }
        .coefficients()
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 0.0, source: self.sigma_max }
    }

    fn has_latent(&self) -> Result<bool> {
        Ok(true)
    }
}
