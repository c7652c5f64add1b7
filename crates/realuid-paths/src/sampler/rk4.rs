use candle_core::Tensor;

use super::predict_at;
use crate::{Field, Interval, Result, Sampler};

/// The classical method of Runge and Kutta: four evaluations a step, one of them at its end;
/// order 4 (Kutta 1901; Hairer, Norsett and Wanner, "Solving Ordinary Differential Equations I",
/// table II.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rk4;

impl Sampler for Rk4 {
    fn step(&self, field: &dyn Field, x: &Tensor, interval: Interval) -> Result<Tensor> {
        let length = interval.length();
        let first = predict_at(field, x, interval.from)?;
        let middle = (x + (&first * (length / 2.0))?)?;
        let second = predict_at(field, &middle, interval.middle())?;
        let middle = (x + (&second * (length / 2.0))?)?;
        let third = predict_at(field, &middle, interval.middle())?;
        let end = (x + (&third * length)?)?;
        let fourth = predict_at(field, &end, interval.to)?;
        let slopes = ((first + fourth)? + ((second + third)? * 2.0)?)?;
        Ok((x + (slopes * (length / 6.0))?)?)
    }

    fn order(&self) -> usize {
        4
    }
}
