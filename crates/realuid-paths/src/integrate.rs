use std::cell::Cell;

use candle_core::Tensor;

use crate::{Error, Field, Interval, Result, Sampler};

/// Where a sampler ended.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The points at the last time of the grid, of the shape they had at the first.
    pub x: Tensor,
    /// How often the field was evaluated, each on the whole batch.
    pub evaluations: usize,
}

/// Carries the points `x` [B, ..] along dx/dt = `field`, from the first to the last time of `grid`.
///
/// The grid holds native times, at least two, strictly rising or strictly falling. The history of
/// `x` is kept for differentiation if anything in it is a variable: to sample only, give the field
/// constant parameters.
///
/// Fails on any other grid and where the field fails or changes the shape.
pub fn integrate(
    sampler: &dyn Sampler,
    field: &dyn Field,
    x: &Tensor,
    grid: &[f64],
) -> Result<Solution> {
    check_grid(grid)?;
    let evaluations = Cell::new(0);
    let counted = |x: &Tensor, t: &Tensor| {
        evaluations.set(evaluations.get() + 1);
        field.predict(x, t)
    };
    let mut x = x.clone();
    for (index, ends) in grid.windows(2).enumerate() {
        let interval = Interval { from: ends[0], to: ends[1], is_last: index + 2 == grid.len() };
        x = sampler.step(&counted, &x, interval)?;
    }
    Ok(Solution { x, evaluations: evaluations.get() })
}

/// `steps` equal steps between two native times: `steps + 1` values, the ends exact.
///
/// Fails unless there is a step and the times are finite and differ.
pub fn uniform_grid(from: f64, to: f64, steps: usize) -> Result<Vec<f64>> {
    if steps == 0 {
        return Err(Error::argument("making a grid of times", "at least one step", "0 steps"));
    }
    let mut grid: Vec<f64> =
        (0..steps).map(|k| from + (to - from) * (k as f64 / steps as f64)).collect();
    grid.push(to);
    check_grid(&grid)?;
    Ok(grid)
}

pub(crate) fn check_grid(grid: &[f64]) -> Result<()> {
    let finite = grid.iter().all(|t| t.is_finite());
    let rising = grid.windows(2).all(|w| w[0] < w[1]);
    let falling = grid.windows(2).all(|w| w[0] > w[1]);
    if grid.len() >= 2 && finite && (rising || falling) {
        return Ok(());
    }
    Err(Error::argument(
        "integrating over a grid of times",
        "at least two finite times, strictly rising or strictly falling",
        format!("{grid:?}"),
    ))
}
