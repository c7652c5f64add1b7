use candle_core::Tensor;

use crate::Result;
use crate::pairwise::{map_blocks, squared_distance};
use crate::rows::{Rows, read_sets};

/// Energy distance 2 E|X - Y| - E|X - X'| - E|Y - Y'| of two sets of samples, as a V-statistic (each
/// mean runs over all pairs, a sample with itself included; no square root is taken at the end).
///
/// `x` [N, D] and `y` [M, D] with N, M >= 2. Zero exactly for equal sets, never negative up to
/// rounding. Units: those of the features. Time O((N + M)^2 D).
///
/// Székely and Rizzo, "Energy statistics: a class of statistics based on distances" (2013).
pub fn energy_distance(x: &Tensor, y: &Tensor) -> Result<f64> {
    let (x, y) = read_sets("energy distance", ("x", x), ("y", y))?;
    Ok(2.0 * mean_distance(&x, &y) - mean_distance(&x, &x) - mean_distance(&y, &y))
}

fn mean_distance(x: &Rows, y: &Rows) -> f64 {
    let sums = map_blocks(
        x,
        y,
        |a, b| squared_distance(a, b).sqrt(),
        |block| block.iter().map(|(_, row)| row.iter().sum::<f64>()).sum::<f64>(),
    );
    sums.iter().sum::<f64>() / (x.count as f64 * y.count as f64)
}
