use candle_core::Tensor;

use crate::{Error, Interpolant, PathPoint, PathSampler, Result, Step};

/// The method of Euler and Maruyama for the reverse equation of a Gaussian path: one evaluation a
/// step, order 1 in the distribution.
///
/// dx = velocity dt + (w/2) score |dt| + sqrt(w) dW keeps the path's marginals for any w(t) >= 0,
/// because the second term undoes the spreading of the third (Song et al., arXiv 2011.13456,
/// equation 6, for w = g^2; Ma et al., arXiv 2401.08740, section 2, for any w). Velocity and score are
/// taken from the predicted data. Every step adds noise, the last one too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EulerMaruyama {
    /// w(t).
    pub diffusion: Diffusion,
}

/// How much noise the reverse equation has, in squared units of x per native time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Diffusion {
    /// g^2 = |d(b^2)/dt - 2 b^2 a'/a|, that of the forward process with the path's marginals (Kingma
    /// et al., arXiv 2107.00630). Infinite where a = 0, so it must start inside such a path.
    Forward,
    /// `scale` times |d(b^2)/dt|: finite all along the path, 0 for a fixed source.
    SourceVariance {
        /// At least 0; 0 is Euler's method for the probability flow.
        scale: f64,
    },
}

impl PathSampler for EulerMaruyama {
    fn step(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let interval = step.interval;
        let (k, _) = step.points()?;
        let spread = self.diffusion.at(&k, interval.from)? * interval.length().abs();
        let data = step.predict(x, interval.from)?;
        // source = (x - a data) / b; velocity = a' data + b' source; score = -source / b.
        let per_source = k.source_rate * interval.length() - spread / (2.0 * k.source);
        let keep = per_source / k.source;
        let per_data = k.data_rate * interval.length() - k.data * keep;
        let drifted = ((x * (1.0 + keep))? + (data * per_data)?)?;
        if spread == 0.0 {
            return Ok(drifted);
        }
        Ok((drifted + (step.normal(x)? * spread.sqrt())?)?)
    }

    fn check(&self, path: &dyn Interpolant) -> Result<()> {
        if let Diffusion::SourceVariance { scale } = self.diffusion
            && !(scale.is_finite() && scale >= 0.0)
        {
            let found = scale.to_string();
            return Err(Error::argument("sampling a reverse equation", "a scale >= 0", found));
        }
        super::refuse_latent(path, "the method of Euler and Maruyama")
    }
}

impl Diffusion {
    /// w at a point of the path.
    fn at(self, k: &PathPoint, time: f64) -> Result<f64> {
        let variance_rate = 2.0 * k.source * k.source_rate;
        match self {
            Self::SourceVariance { scale } => Ok(scale * variance_rate.abs()),
            Self::Forward if k.data.abs() <= f64::EPSILON * k.source.abs() => Err(Error::argument(
                "sampling the reverse of the forward process",
                "times at which the path holds some data, or another diffusion",
                format!("the time {time}, where its noise is infinite"),
            )),
            Self::Forward => {
                Ok((variance_rate - 2.0 * k.source.powi(2) * k.data_rate / k.data).abs())
            }
        }
    }
}
