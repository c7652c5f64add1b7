use candle_core::Tensor;

use super::predict_at;
use crate::{Field, Interval, Result, Sampler};

/// The method of Dormand and Prince with given steps: six evaluations a step, the last at its end;
/// order 5 (Dormand and Prince 1980, table 2; Hairer, Norsett and Wanner, "Solving Ordinary
/// Differential Equations I", table II.5.2). [`Adaptive`](crate::Adaptive) chooses its own steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DormandPrince;

/// One step of Dormand and Prince and what its error is estimated from.
pub(crate) struct Attempt {
    /// The points at the end of the step, of order 5.
    pub(crate) x: Tensor,
    /// The field there: the first slope of the next step.
    pub(crate) slope: Tensor,
    /// The points of order 5 minus those of order 4.
    pub(crate) error: Tensor,
}

/// Share of the step at which each slope after the first is taken.
const NODES: [f64; 5] = [1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0];

/// How the slopes so far lead to the point of the next.
const STAGES: [&[f64]; 5] = [
    &[1.0 / 5.0],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
];

/// How the six slopes lead to the end of the step, with order 5.
const END: [f64; 6] =
    [35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0];

/// The weights of order 5 minus those of order 4; the seventh slope is the one at the end.
const ERROR: [f64; 7] = [
    71.0 / 57600.0,
    0.0,
    -71.0 / 16695.0,
    71.0 / 1920.0,
    -17253.0 / 339_200.0,
    22.0 / 525.0,
    -1.0 / 40.0,
];

impl Sampler for DormandPrince {
    fn step(&self, field: &dyn Field, x: &Tensor, interval: Interval) -> Result<Tensor> {
        let slopes = slopes(field, x, predict_at(field, x, interval.from)?, interval)?;
        advance(x, &slopes, &END, interval.length())
    }

    fn order(&self) -> usize {
        5
    }
}

/// A step whose first slope, the field at `x` and `interval.from`, is known: six evaluations.
pub(crate) fn attempt(
    field: &dyn Field,
    x: &Tensor,
    first: &Tensor,
    interval: Interval,
) -> Result<Attempt> {
    let mut slopes = slopes(field, x, first.clone(), interval)?;
    let end = advance(x, &slopes, &END, interval.length())?;
    let slope = predict_at(field, &end, interval.to)?;
    slopes.push(slope.clone());
    let error = advance(&x.zeros_like()?, &slopes, &ERROR, interval.length())?;
    Ok(Attempt { x: end, slope, error })
}

fn slopes(field: &dyn Field, x: &Tensor, first: Tensor, interval: Interval) -> Result<Vec<Tensor>> {
    let mut slopes = vec![first];
    for (node, weights) in NODES.into_iter().zip(STAGES) {
        // The last node is the end itself, which `from + length` may miss by a rounding.
        let time = if node < 1.0 { interval.from + node * interval.length() } else { interval.to };
        let point = advance(x, &slopes, weights, interval.length())?;
        slopes.push(predict_at(field, &point, time)?);
    }
    Ok(slopes)
}

/// x + length * sum of weights times slopes.
fn advance(x: &Tensor, slopes: &[Tensor], weights: &[f64], length: f64) -> Result<Tensor> {
    let mut sum = x.clone();
    for (slope, weight) in slopes.iter().zip(weights).filter(|(_, weight)| **weight != 0.0) {
        sum = (sum + (slope * (weight * length))?)?;
    }
    Ok(sum)
}
