use candle_core::Tensor;

use crate::{Error, Interpolant, PathPoint, PathSampler, Result, Step};

/// The sampler of EDM: Heun's method in the noise level, with or without churn (Karras et al., arXiv
/// 2206.00364, algorithm 2; without churn algorithm 1); order 2, two evaluations a step and one in a
/// step to the noise level 0.
///
/// For a path in noise levels, x = data + sigma source with native time sigma, which runs down to the
/// data. With churn a step first goes back up to sigma (1 + gamma), also above the first level of the
/// grid if `high` allows it there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EdmHeun {
    /// The noise that is added and removed again on the way; `None` is the deterministic sampler.
    pub churn: Option<Churn>,
}

/// How much noise EDM's sampler adds (Karras et al., section 4; their values per data set: table 5).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Churn {
    /// `S_churn`: gamma = min(amount / number of steps, sqrt 2 - 1).
    pub amount: f64,
    /// `S_min`: lowest noise level with churn.
    pub low: f64,
    /// `S_max`: highest noise level with churn; may be infinite.
    pub high: f64,
    /// `S_noise`: standard deviation of the noise that is added, slightly above 1 for networks that
    /// remove too much; 1 keeps the marginals.
    pub noise: f64,
}

impl PathSampler for EdmHeun {
    fn step(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let (from, to) = (step.interval.from, step.interval.to);
        let (x, sigma) = match self.churn.map(|churn| churn.added(from, step.count)) {
            Some(added) if added > 0.0 => {
                let sigma = (1.0 + added) * from;
                let scale =
                    self.churn.map_or(1.0, |c| c.noise) * (sigma * sigma - from * from).sqrt();
                (&(x + (step.normal(x)? * scale)?)?, sigma)
            }
            _ => (x, from),
        };
        let slope = slope(x, step, sigma)?;
        let end = (x + (&slope * (to - sigma))?)?;
        if to == 0.0 {
            return Ok(end);
        }
        let second = self::slope(&end, step, to)?;
        Ok((x + ((slope + second)? * ((to - sigma) / 2.0))?)?)
    }

    fn check(&self, path: &dyn Interpolant) -> Result<()> {
        self.churn.map_or(Ok(()), Churn::validate)?;
        let times = path.times();
        for time in [times.source, f64::midpoint(times.source, times.data)] {
            let point = PathPoint::of(path, time)?;
            if (point.data - 1.0).abs() > 1e-12 || (point.source - time).abs() > 1e-12 * time {
                return Err(Error::argument(
                    "sampling with EDM's method",
                    "a path in noise levels, x = data + sigma source with native time sigma; for \
                     another path change its coordinates or take another sampler",
                    format!("coefficients {} and {} at {time}", point.data, point.source),
                ));
            }
        }
        super::refuse_latent(path, "EDM's method")
    }
}

impl Churn {
    /// gamma: the share by which the noise level `sigma` is raised in one of `steps` steps.
    fn added(self, sigma: f64, steps: usize) -> f64 {
        if sigma < self.low || sigma > self.high {
            return 0.0;
        }
        (self.amount / steps as f64).min(std::f64::consts::SQRT_2 - 1.0)
    }

    fn validate(self) -> Result<()> {
        let Self { amount, low, high, noise } = self;
        let finite = amount.is_finite() && noise.is_finite();
        if finite && amount >= 0.0 && noise >= 0.0 && low >= 0.0 && low <= high {
            return Ok(());
        }
        Err(Error::argument(
            "sampling with churn",
            "an amount and noise of at least 0, and levels 0 <= low <= high",
            format!("{self:?}"),
        ))
    }
}

/// dx/dsigma = (x - data) / sigma.
fn slope(x: &Tensor, step: &mut Step<'_>, sigma: f64) -> Result<Tensor> {
    Ok(((x - step.predict(x, sigma)?)? / sigma)?)
}
