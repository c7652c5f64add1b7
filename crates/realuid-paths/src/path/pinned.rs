use candle_core::Tensor;

use crate::{Coefficients, Rated, Result};

/// A Gaussian diffusion x_t = alpha_t data + sigma_t noise, pinned to the source at its last time T:
/// what every bridge is made of.
///
/// With r = SNR_T / SNR_t, from 0 at the data to 1 at the source,
///
///   x_t = alpha_t (1 - r) data + r alpha_t / alpha_T source + sigma_t sqrt(1 - r) latent
///
/// (Zhou et al., DDBM, arXiv 2309.16948, section 3 and table 1). All tensors are `[B]`.
pub(super) struct PinnedDiffusion {
    /// alpha_t / alpha_T and its rate.
    pub scale: Rated,
    /// alpha_T.
    pub last_scale: f64,
    /// sigma_t and its rate, which may be infinite where sigma is zero.
    pub noise: Rated,
    /// r and its rate, which is finite.
    pub passed: Rated,
    /// 1 - r, in a form that does not cancel where r is nearly 1.
    pub left: Tensor,
}

impl PinnedDiffusion {
    pub(super) fn coefficients(&self) -> Result<Coefficients> {
        let Self { scale, last_scale, noise, passed, left } = self;
        let data = ((&scale.value * left)? * *last_scale)?;
        let data_rate = (((&scale.rate * left)? - (&scale.value * &passed.rate)?)? * *last_scale)?;
        let source = (&scale.value * &passed.value)?;
        let source_rate = ((&scale.rate * &passed.value)? + (&scale.value * &passed.rate)?)?;
        // c' = sigma' sqrt(1 - r) - sigma r' / (2 sqrt(1 - r)): infinite at the source, and at the
        // data where sigma' is.
        let root = left.sqrt()?;
        let falling = (((&noise.value * &passed.rate)? / &root)? * 0.5)?;
        let latent =
            Rated { value: (&noise.value * &root)?, rate: ((&noise.rate * &root)? - falling)? };
        Ok(Coefficients::with_latent(
            Rated { value: data, rate: data_rate },
            Rated { value: source, rate: source_rate },
            latent,
        ))
    }
}
