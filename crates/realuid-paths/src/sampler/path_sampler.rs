use candle_core::Tensor;

use super::predict_at;
use crate::{Denoiser, Interpolant, Interval, Noise, PathPoint, Result};

/// A method that carries points along a path from its source end towards its data end, given
/// predictions of the data; unlike a [`Sampler`](crate::Sampler) it knows the path's coefficients,
/// may draw noise and may look back. The loop is [`sample`](crate::sample).
pub trait PathSampler {
    /// The points `x` [B, ..] at `step.interval.from` carried to `step.interval.to`, shape kept.
    fn step(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor>;

    /// Fails where the sampler's own numbers make none or it does not apply to `path`.
    fn check(&self, path: &dyn Interpolant) -> Result<()>;
}

/// One step of a [`PathSampler`]: where it leads, and what can be asked on the way.
pub struct Step<'a> {
    /// The native times it leads between.
    pub interval: Interval,
    /// Its number, from 0.
    pub index: usize,
    /// How many steps the grid has.
    pub count: usize,
    pub(crate) denoiser: &'a Denoiser<'a>,
    pub(crate) noise: &'a mut dyn Noise,
    pub(crate) previous: Option<Estimate>,
    pub(crate) evaluations: usize,
}

/// A prediction of the data and the native time at which it was made.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// The native time.
    pub time: f64,
    /// The prediction [B, ..].
    pub data: Tensor,
}

impl Step<'_> {
    /// The path's coefficients at a native time.
    pub fn point(&self, time: f64) -> Result<PathPoint> {
        PathPoint::of(self.denoiser.path, time)
    }

    /// The coefficients at both ends of the step; fails where it begins at the data end.
    pub fn points(&self) -> Result<(PathPoint, PathPoint)> {
        let from = self.point(self.interval.from)?.with_source(self.interval.from)?;
        Ok((from, self.point(self.interval.to)?))
    }

    /// The data ends [B, ..] predicted at the points `x` and a native time: one evaluation.
    pub fn predict(&mut self, x: &Tensor, time: f64) -> Result<Tensor> {
        self.evaluations += 1;
        predict_at(self.denoiser.data, x, time)
    }

    /// Standard normal noise of the shape of `like`.
    pub fn normal(&mut self, like: &Tensor) -> Result<Tensor> {
        let noise = self.noise.normal(self.index, like)?;
        crate::broadcast::check_same_shape(like, &noise, "drawing the noise of a sampler")?;
        Ok(noise)
    }

    /// Keeps a prediction for the next step and gives back the one kept by the step before.
    pub fn remember(&mut self, estimate: Estimate) -> Option<Estimate> {
        self.previous.replace(estimate)
    }
}
