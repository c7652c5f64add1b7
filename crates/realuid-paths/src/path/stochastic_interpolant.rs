use candle_core::Tensor;

use crate::{Coefficients, Gamma, Interpolant, Linear, Rated, Result, TimeSpan};

/// A stochastic interpolant: x_t = t data + (1 - t) source + gamma(t) latent, t from 0 (source) to 1
/// (data), between any two distributions.
///
/// Albergo et al., arXiv 2303.08797, definition 2.1, spatially linear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StochasticInterpolant {
    gamma: Gamma,
}

impl StochasticInterpolant {
    /// With the latent's coefficient `gamma`; fails unless its scale is finite and positive.
    pub fn new(gamma: Gamma) -> Result<Self> {
        gamma.validate()?;
        Ok(Self { gamma })
    }
}

impl Interpolant for StochasticInterpolant {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let Rated { value: latent, rate: latent_rate } = self.gamma.at(t)?;
        Ok(Coefficients { latent, latent_rate, ..Linear.coefficients(t)? })
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 1.0, source: 0.0 }
    }

    fn has_latent(&self) -> Result<bool> {
        Ok(true)
    }
}
