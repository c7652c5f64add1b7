use candle_core::Tensor;
use rayon::prelude::*;

use crate::pairwise::dot;
use crate::rows::{Rows, read_sets, require_dimension};
use crate::{Error, Result};

/// Sliced 2-Wasserstein distance of two sets of samples: the root of the mean, over `directions`, of
/// the squared 2-Wasserstein distance between the projected sets.
///
/// `x` [N, D] and `y` [M, D] with N, M >= 2; `directions` [K, D] with rows of unit length (see
/// [`random_directions`](crate::random_directions)). In one dimension the optimal coupling is the
/// sorted one, so for N = M sorted projections are subtracted; otherwise the two quantile functions are
/// integrated exactly over their common steps. Units: those of the features.
///
/// Rabin et al., "Wasserstein barycenter and its application to texture mixing" (2011); Bonneel et al.,
/// "Sliced and Radon Wasserstein barycenters of measures" (2015).
pub fn sliced_wasserstein(x: &Tensor, y: &Tensor, directions: &Tensor) -> Result<f64> {
    let operation = "sliced Wasserstein distance";
    let (x, y) = read_sets(operation, ("x", x), ("y", y))?;
    let directions = Rows::read(operation, "directions", directions)?;
    require_dimension(operation, "directions", directions.dimension, x.dimension)?;
    require_unit_rows(operation, &directions)?;
    let squares: Vec<f64> = (0..directions.count)
        .into_par_iter()
        .map(|k| {
            squared_wasserstein(&project(&x, directions.row(k)), &project(&y, directions.row(k)))
        })
        .collect();
    Ok((squares.iter().sum::<f64>() / directions.count as f64).sqrt())
}

fn require_unit_rows(operation: &'static str, directions: &Rows) -> Result<()> {
    // Room for directions that were normalised in half precision.
    const TOLERANCE: f64 = 1e-3;
    let lengths = (0..directions.count).map(|k| dot(directions.row(k), directions.row(k)).sqrt());
    let found = match lengths.enumerate().find(|(_, length)| (length - 1.0).abs() > TOLERANCE) {
        Some((k, length)) => format!("length {length} in row {k}"),
        None if directions.count == 0 => "no rows".into(),
        None => return Ok(()),
    };
    Err(Error::Argument {
        operation,
        argument: "directions",
        expected: "one or more rows of unit length".into(),
        found,
        advice: "divide each row by its length, or use random_directions",
    })
}

/// Projections of the samples on one direction, ascending.
fn project(x: &Rows, direction: &[f64]) -> Vec<f64> {
    let mut projected: Vec<f64> = (0..x.count).map(|i| dot(x.row(i), direction)).collect();
    projected.sort_unstable_by(f64::total_cmp);
    projected
}

/// Integral over u in [0, 1] of the squared difference of the quantile functions of two sorted sets.
///
/// Mass is counted in whole units of 1 / (N M), of which a value of `x` holds M and a value of `y` N.
fn squared_wasserstein(x: &[f64], y: &[f64]) -> f64 {
    let (n, m) = (x.len(), y.len());
    let (mut i, mut j) = (0, 0);
    let (mut left_x, mut left_y) = (m, n);
    let mut total = 0.0;
    while i < n && j < m {
        let mass = left_x.min(left_y);
        total += mass as f64 * (x[i] - y[j]).powi(2);
        left_x -= mass;
        left_y -= mass;
        if left_x == 0 {
            i += 1;
            left_x = m;
        }
        if left_y == 0 {
            j += 1;
            left_y = n;
        }
    }
    total / (n as f64 * m as f64)
}
