use candle_core::Tensor;

use crate::{Coefficients, Interpolant, Result, TimeSpan};

/// The straight path of flow matching: x_t = t data + (1 - t) source, t from 0 (source) to 1 (data).
///
/// Lipman et al., arXiv 2210.02747, equation 22 with sigma_min = 0; Liu et al., arXiv 2209.03003.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Linear;

impl Interpolant for Linear {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let zero = t.zeros_like()?;
        let one = t.ones_like()?;
        Ok(Coefficients {
            data: t.clone(),
            source: (&one - t)?,
            latent: zero.clone(),
            source_rate: one.neg()?,
            data_rate: one,
            latent_rate: zero,
        })
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 1.0, source: 0.0 }
    }

    fn has_latent(&self) -> Result<bool> {
        Ok(false)
    }
}
