use std::cell::Cell;

use candle_core::{DType, Tensor};

use super::dormand_prince::{Attempt, attempt};
use super::predict_at;
use crate::{Error, Field, Interval, Result};

/// Dormand and Prince with steps of its own choice, the same for the whole batch.
///
/// The error of a step is the difference of its results of order 5 and 4, divided by
/// `absolute + relative * max(|x before|, |x after|)` element by element. Its root mean square over
/// an item must be at most 1 in every item, so that no item is sacrificed to the others; the points
/// of one item still depend on the rest of the batch within the tolerances (integrate items one by
/// one where that matters). Steps follow the proportional-integral controller of Gustafsson (1991),
/// as in Hairer and Wanner, "Solving Ordinary Differential Equations II", section IV.2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adaptive {
    /// Error allowed per step as a share of the value's size; default 1e-5.
    pub relative_tolerance: f64,
    /// Error allowed per step beside that, in units of x; default 1e-5.
    pub absolute_tolerance: f64,
    /// The shortest step that may be tried, as a share of the whole interval; default 1e-8.
    pub minimum_step: f64,
}

/// Where an adaptive sampler ended and what it took.
#[derive(Clone, Debug)]
pub struct AdaptiveSolution {
    /// The points at the last time, of the shape they had at the first.
    pub x: Tensor,
    /// How often the field was evaluated: 1 + 6 (accepted + rejected).
    pub evaluations: usize,
    /// Steps taken.
    pub accepted: usize,
    /// Steps tried and thrown away because their error was too large.
    pub rejected: usize,
}

/// Exponents and limits of the controller: the next step is the last one times
/// `SAFETY * error^-INTEGRAL * previous_error^PROPORTIONAL`, within the limits.
const INTEGRAL: f64 = 0.7 / 5.0;
const PROPORTIONAL: f64 = 0.4 / 5.0;
const SAFETY: f64 = 0.9;
const SHRINK: f64 = 0.2;
const GROW: f64 = 10.0;
/// An error below this counts as this for the step after the next, or one lucky step would hold back
/// those that follow.
const SMALLEST_MEMORY: f64 = 1e-4;

impl Default for Adaptive {
    fn default() -> Self {
        Self { relative_tolerance: 1e-5, absolute_tolerance: 1e-5, minimum_step: 1e-8 }
    }
}

impl Adaptive {
    /// Carries the points `x` [B, ..] along dx/dt = `field` from the native time `from` to `to`.
    ///
    /// The field is evaluated between the two times and at both. Fails where they are equal or not
    /// finite, where a tolerance is not positive, and with [`Error::StepTooSmall`] where the
    /// tolerances cannot be met, which includes a field that is not finite.
    pub fn integrate(
        &self,
        field: &dyn Field,
        x: &Tensor,
        from: f64,
        to: f64,
    ) -> Result<AdaptiveSolution> {
        self.validate(from, to)?;
        let evaluations = Cell::new(0);
        let counted = |x: &Tensor, t: &Tensor| {
            evaluations.set(evaluations.get() + 1);
            field.predict(x, t)
        };
        let slope = predict_at(&counted, x, from)?;
        let step = self.first_step(x, &slope, to - from)?;
        let mut state = State { x: x.clone(), slope, time: from, step, previous_error: 1.0 };
        let (mut accepted, mut rejected) = (0, 0);
        loop {
            let interval = self.next_interval(&state, from, to)?;
            let attempt = attempt(&counted, &state.x, &state.slope, interval)?;
            let error = self.error(&state.x, &attempt)?;
            // Not a number is no success either.
            if error <= 1.0 {
                state.accept(attempt, interval, error);
                accepted += 1;
                if interval.is_last {
                    let evaluations = evaluations.get();
                    return Ok(AdaptiveSolution { x: state.x, evaluations, accepted, rejected });
                }
            } else {
                state.reject(interval, error);
                rejected += 1;
            }
        }
    }

    fn validate(&self, from: f64, to: f64) -> Result<()> {
        let tolerances = [self.relative_tolerance, self.absolute_tolerance];
        let positive = tolerances.iter().all(|v| v.is_finite() && *v > 0.0);
        let minimum = self.minimum_step > 0.0 && self.minimum_step <= 1.0;
        if positive && minimum && (to - from).is_finite() && (to - from).abs() > 0.0 {
            return Ok(());
        }
        Err(Error::argument(
            "integrating with adaptive steps",
            "two different finite times, positive tolerances and a minimum step in (0, 1]",
            format!("times {from} and {to}, {self:?}"),
        ))
    }

    /// A step over which the slope moves the points by a hundredth of their size, both measured in
    /// tolerances (Hairer, Norsett and Wanner, section II.4); a hundredth of the interval where
    /// either is nothing.
    fn first_step(&self, x: &Tensor, slope: &Tensor, length: f64) -> Result<f64> {
        let scale = self.scale(x, x)?;
        let size = worst_item(&(x / &scale)?)?;
        let speed = worst_item(&(slope / &scale)?)?;
        let share = 0.01 * size / speed / length.abs();
        let share = if share.is_finite() && share > 0.0 { share } else { 0.01 };
        Ok(length * share.clamp(self.minimum_step, 1.0))
    }

    /// The next step to try: as long as the controller says, and ending exactly at `to`.
    fn next_interval(&self, state: &State, from: f64, to: f64) -> Result<Interval> {
        let left = to - state.time;
        if state.step.abs() >= left.abs() {
            return Ok(Interval { from: state.time, to, is_last: true });
        }
        let minimum = (to - from).abs() * self.minimum_step;
        let next = state.time + state.step;
        if state.step.abs() < minimum || (next - state.time).abs() <= 0.0 {
            return Err(Error::StepTooSmall { time: state.time, step: state.step.abs(), minimum });
        }
        Ok(Interval { from: state.time, to: next, is_last: false })
    }

    fn error(&self, before: &Tensor, attempt: &Attempt) -> Result<f64> {
        worst_item(&(&attempt.error / self.scale(before, &attempt.x)?)?)
    }

    fn scale(&self, before: &Tensor, after: &Tensor) -> Result<Tensor> {
        let size = before.abs()?.maximum(&after.abs()?)?;
        Ok(size.affine(self.relative_tolerance, self.absolute_tolerance)?)
    }
}

/// Where the integration stands.
struct State {
    x: Tensor,
    /// The field at `x` and `time`.
    slope: Tensor,
    time: f64,
    /// Signed length of the next step to try.
    step: f64,
    /// Of the last accepted step.
    previous_error: f64,
}

impl State {
    fn accept(&mut self, attempt: Attempt, interval: Interval, error: f64) {
        let memory = libm::pow(self.previous_error, PROPORTIONAL);
        let factor = SAFETY * libm::pow(error, -INTEGRAL) * memory;
        self.step = interval.length() * factor.clamp(SHRINK, GROW);
        self.previous_error = error.max(SMALLEST_MEMORY);
        (self.x, self.slope, self.time) = (attempt.x, attempt.slope, interval.to);
    }

    /// Shrinks the step by its own error alone; as far as allowed if that is not a number.
    fn reject(&mut self, interval: Interval, error: f64) {
        let factor = SAFETY * libm::pow(error, -1.0 / 5.0);
        let factor = if factor.is_nan() { SHRINK } else { factor.clamp(SHRINK, SAFETY) };
        self.step = interval.length() * factor;
    }
}

/// The largest root mean square of an item of `values` [B, ..]; NaN if any value is.
fn worst_item(values: &Tensor) -> Result<f64> {
    let items = values.dim(0)?;
    let squares = values.to_dtype(DType::F64)?.sqr()?.reshape((items, ()))?.mean(1)?;
    let largest = |worst: f64, v: f64| if v > worst || v.is_nan() { v } else { worst };
    Ok(squares.to_vec1::<f64>()?.into_iter().fold(0.0, largest).sqrt())
}
