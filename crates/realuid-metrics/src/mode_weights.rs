use candle_core::Tensor;

use crate::pairwise::{map_blocks, squared_distance};
use crate::rows::{Rows, require_dimension};
use crate::{Error, Result};

/// Where samples lie among the modes of a distribution whose centres are known.
#[derive(Clone, Debug, PartialEq)]
pub struct ModeWeights {
    /// Share of the samples that are nearer to this centre than to any other, one value a centre;
    /// a sample that is equally near to several counts for the first. They add up to 1.
    pub weights: Vec<f64>,
    /// Share of the samples that lie within the radius of a centre, in [0, 1].
    pub on_modes: f64,
}

/// The share of samples at each of several modes, and the share that are on any.
///
/// `samples` [N, D] with N >= 1, `centres` [K, D] with K >= 1, distances Euclidean; `radius` > 0 in
/// their units, usually 3 or 4 standard deviations of a mode. All samples count towards the weights,
/// those between the modes too: read the weights together with
/// [`on_modes`](ModeWeights::on_modes).
pub fn mode_weights(samples: &Tensor, centres: &Tensor, radius: f64) -> Result<ModeWeights> {
    let operation = "mode weights";
    if !(radius.is_finite() && radius > 0.0) {
        return Err(Error::Argument {
            operation,
            argument: "radius",
            expected: "positive and finite".into(),
            found: radius.to_string(),
            advice: "a usual choice is 3 or 4 standard deviations of a mode",
        });
    }
    let samples = read_some(operation, "samples", samples)?;
    let centres = read_some(operation, "centres", centres)?;
    require_dimension(operation, "centres", centres.dimension, samples.dimension)?;
    let nearest = map_blocks(&samples, &centres, squared_distance, |block| {
        block.iter().map(|(_, distances)| smallest(distances)).collect::<Vec<_>>()
    });
    let mut counts = vec![0_usize; centres.count];
    let mut on_modes = 0_usize;
    for (centre, square) in nearest.into_iter().flatten() {
        counts[centre] += 1;
        on_modes += usize::from(square.sqrt() <= radius);
    }
    let share = |count: usize| count as f64 / samples.count as f64;
    Ok(ModeWeights { weights: counts.into_iter().map(share).collect(), on_modes: share(on_modes) })
}

/// Index and value of the first smallest.
fn smallest(values: &[f64]) -> (usize, f64) {
    let first = (0, f64::INFINITY);
    values.iter().copied().enumerate().fold(
        first,
        |best, next| {
            if next.1 < best.1 { next } else { best }
        },
    )
}

fn read_some(operation: &'static str, argument: &'static str, tensor: &Tensor) -> Result<Rows> {
    let rows = Rows::read(operation, argument, tensor)?;
    if rows.count == 0 {
        return Err(Error::Argument {
            operation,
            argument,
            expected: "at least 1 row".into(),
            found: "none".into(),
            advice: "shares of nothing are not defined",
        });
    }
    Ok(rows)
}
