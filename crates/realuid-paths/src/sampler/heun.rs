use candle_core::Tensor;

use super::predict_at;
use crate::{Euler, Field, Interval, Result, Sampler};

/// Heun's method: two evaluations a step and one in the last, which is an Euler step because the
/// field may be singular at the end (Karras et al., arXiv 2206.00364, algorithm 1); order 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heun;

impl Sampler for Heun {
    fn step(&self, field: &dyn Field, x: &Tensor, interval: Interval) -> Result<Tensor> {
        if interval.is_last {
            return Euler.step(field, x, interval);
        }
        let first = predict_at(field, x, interval.from)?;
        let guess = (x + (&first * interval.length())?)?;
        let second = predict_at(field, &guess, interval.to)?;
        Ok((x + ((first + second)? * (interval.length() / 2.0))?)?)
    }

    fn order(&self) -> usize {
        2
    }
}
