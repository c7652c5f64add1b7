use candle_core::Tensor;

use super::pinned::PinnedDiffusion;
use super::positive::positive;
use crate::{Coefficients, Interpolant, Rated, Result, TimeSpan};

/// The Brownian bridge: x_t = (1 - t) data + t source + sqrt(epsilon t (1 - t)) latent, t from 0
/// (data) to 1 (source).
///
/// Brownian motion of variance epsilon t, pinned at both ends; Shi et al., arXiv 2303.16852, and Liu
/// et al., arXiv 2208.14699. At both ends the rate of the latent is infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrownianBridge {
    epsilon: f64,
}

impl BrownianBridge {
    /// With the variance `epsilon` of the motion over the whole path; fails unless it is finite and
    /// positive.
    pub fn new(epsilon: f64) -> Result<Self> {
        Ok(Self { epsilon: positive("making a Brownian bridge", "epsilon", epsilon)? })
    }
}

impl Interpolant for BrownianBridge {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let (zero, one) = (t.zeros_like()?, t.ones_like()?);
        let noise = (t * self.epsilon)?.sqrt()?;
        PinnedDiffusion {
            scale: Rated { value: one.clone(), rate: zero },
            last_scale: 1.0,
            // sigma^2 = epsilon t, so sigma' = epsilon / (2 sigma).
            noise: Rated { rate: (noise.recip()? * (self.epsilon / 2.0))?, value: noise },
            passed: Rated { value: t.clone(), rate: one },
            left: t.affine(-1.0, 1.0)?,
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
