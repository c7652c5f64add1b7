use candle_core::Tensor;

use super::predict_at;
use crate::{Field, Interval, Result, Sampler};

/// Euler's method: one evaluation a step, order 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Euler;

impl Sampler for Euler {
    fn step(&self, field: &dyn Field, x: &Tensor, interval: Interval) -> Result<Tensor> {
        let slope = predict_at(field, x, interval.from)?;
        Ok((x + (slope * interval.length())?)?)
    }

    fn order(&self) -> usize {
        1
    }
}
