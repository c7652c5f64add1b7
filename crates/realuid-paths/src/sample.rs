use candle_core::Tensor;

use crate::broadcast::check_same_shape;
use crate::integrate::check_grid;
use crate::{Error, Field, Interpolant, Interval, Noise, PathSampler, Result, Solution, Step};

/// A path and a prediction of its data end.
pub struct Denoiser<'a> {
    /// The path.
    pub path: &'a dyn Interpolant,
    /// Predicts the data; [`Converted`](crate::Converted) makes this of any other prediction.
    pub data: &'a dyn Field,
}

/// Carries the points `x` [B, ..] from the first to the last time of `grid`, towards the data.
///
/// The grid holds native times, at least two, and runs in the direction in which the path's native
/// time leads from source to data (up on the linear path, down in noise levels), not past the data
/// end. At its first time `x` must be distributed like the path's point there: at the source end,
/// source noise times its coefficient.
///
/// Fails on any other grid, where the sampler does not fit the path, and where field or noise fail.
pub fn sample(
    sampler: &dyn PathSampler,
    denoiser: &Denoiser,
    x: &Tensor,
    grid: &[f64],
    noise: &mut dyn Noise,
) -> Result<Solution> {
    check_grid(grid)?;
    check_direction(denoiser.path, grid)?;
    sampler.check(denoiser.path)?;
    let interval = Interval { from: grid[0], to: grid[1], is_last: grid.len() == 2 };
    let count = grid.len() - 1;
    let mut step =
        Step { interval, index: 0, count, denoiser, noise, previous: None, evaluations: 0 };
    let mut x = x.clone();
    for (index, ends) in grid.windows(2).enumerate() {
        step.interval = Interval { from: ends[0], to: ends[1], is_last: index + 1 == count };
        step.index = index;
        let next = sampler.step(&x, &mut step)?;
        check_same_shape(&x, &next, "taking a step of a sampler")?;
        x = next;
    }
    Ok(Solution { x, evaluations: step.evaluations })
}

fn check_direction(path: &dyn Interpolant, grid: &[f64]) -> Result<()> {
    let times = path.times();
    let forward = times.toward_data();
    let (first, last) = (grid[0], grid[grid.len() - 1]);
    if (last - first) * forward > 0.0 && (times.data - last) * forward >= 0.0 {
        return Ok(());
    }
    Err(Error::argument(
        "sampling over a grid of times",
        format!("times from the source ({}) towards the data ({})", times.source, times.data),
        format!("times from {first} to {last}"),
    ))
}
