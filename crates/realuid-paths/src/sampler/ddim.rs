use candle_core::Tensor;

use crate::path_point::carry;
use crate::{Error, Interpolant, PathPoint, PathSampler, Result, Step};

/// DDIM: one evaluation a step, order 1, on any Gaussian path (Song et al., arXiv 2010.02502,
/// equations 12 and 16, there for a variance-preserving path).
///
/// x_to = a_to data + sqrt(b_to^2 - s^2) source + s noise, with both ends predicted and
/// s^2 = eta^2 (b_to/b)^2 (b^2 - (a/a_to)^2 b_to^2), which at eta = 1 is the variance of x_to given
/// x_from and data in the Markov process with the path's marginals. Exact for any grid where the data
/// are one point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ddim {
    /// 0 is the deterministic sampler, which draws no noise; 1 is ancestral sampling (DDPM).
    pub eta: f64,
}

impl PathSampler for Ddim {
    fn step(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let (from, to) = step.points()?;
        let data = step.predict(x, step.interval.from)?;
        let fresh = self.fresh_noise(&from, &to);
        // As a plain quotient where no noise is drawn, so that nothing is lost to the root.
        let kept =
            if fresh == 0.0 { to.source } else { (to.source.powi(2) - fresh.powi(2)).sqrt() };
        let end = carry(x, &data, (&from, &to), kept / from.source)?;
        if fresh == 0.0 {
            return Ok(end);
        }
        Ok((end + (step.normal(x)? * fresh)?)?)
    }

    fn check(&self, path: &dyn Interpolant) -> Result<()> {
        if !(0.0..=1.0).contains(&self.eta) {
            let found = self.eta.to_string();
            return Err(Error::argument("sampling with DDIM", "eta between 0 and 1", found));
        }
        super::refuse_latent(path, "DDIM")
    }
}

impl Ddim {
    /// s, the standard deviation of the noise that a step adds.
    fn fresh_noise(self, from: &PathPoint, to: &PathPoint) -> f64 {
        if self.eta == 0.0 || to.source == 0.0 {
            return 0.0;
        }
        let carried = from.data / to.data * to.source;
        let variance = from.source.powi(2) - carried.powi(2);
        self.eta * to.source / from.source * variance.max(0.0).sqrt()
    }
}
