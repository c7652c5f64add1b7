use candle_core::Tensor;

use super::predict_at;
use crate::{Field, Interval, Result, Sampler};

/// The explicit midpoint method: two evaluations a step, order 2, never at the end of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Midpoint;

impl Sampler for Midpoint {
    fn step(&self, field: &dyn Field, x: &Tensor, interval: Interval) -> Result<Tensor> {
        let slope = predict_at(field, x, interval.from)?;
        let middle = (x + (slope * (interval.length() / 2.0))?)?;
        let slope = predict_at(field, &middle, interval.middle())?;
        Ok((x + (slope * interval.length())?)?)
    }

    fn order(&self) -> usize {
        2
    }
}
