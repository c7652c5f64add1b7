use candle_core::Tensor;

use crate::pairwise::{dot, map_blocks, squared_distance};
use crate::rows::{Rows, read_sets};
use crate::{Error, Result};

/// Kernel distance: the unbiased squared MMD under the cubic kernel (x . y / D + 1)^3.
///
/// `x` [N, D] and `y` [M, D] with N, M >= 2. All samples are used at once, not subsets averaged as some
/// published tables do. Unbiased, so it may be slightly negative for sets that are alike. Time
/// O((N + M)^2 D).
///
/// Binkowski et al., "Demystifying MMD GANs" (2018), section 4.
pub fn kid(x: &Tensor, y: &Tensor) -> Result<f64> {
    let (x, y) = read_sets("KID", ("x", x), ("y", y))?;
    let scale = 1.0 / x.dimension as f64;
    Ok(unbiased_mmd(&x, &y, |a, b| {
        let base = dot(a, b) * scale + 1.0;
        base * base * base
    }))
}

/// Unbiased squared MMD under the Gaussian kernel exp(-|x - y|^2 / (2 bandwidth^2)).
///
/// `x` [N, D] and `y` [M, D] with N, M >= 2; `bandwidth` > 0 in the units of the features. May be
/// slightly negative for sets that are alike.
///
/// Gretton et al., "A kernel two-sample test" (2012), lemma 6.
pub fn gaussian_mmd(x: &Tensor, y: &Tensor, bandwidth: f64) -> Result<f64> {
    let operation = "Gaussian MMD";
    if !(bandwidth.is_finite() && bandwidth > 0.0) {
        return Err(Error::Argument {
            operation,
            argument: "bandwidth",
            expected: "positive and finite".into(),
            found: bandwidth.to_string(),
            advice: "a usual choice is the median distance between samples",
        });
    }
    let (x, y) = read_sets(operation, ("x", x), ("y", y))?;
    let scale = -0.5 / (bandwidth * bandwidth);
    Ok(unbiased_mmd(&x, &y, |a, b| (squared_distance(a, b) * scale).exp()))
}

fn unbiased_mmd(x: &Rows, y: &Rows, kernel: impl Fn(&[f64], &[f64]) -> f64 + Sync) -> f64 {
    let across = map_blocks(x, y, &kernel, |block| {
        block.iter().map(|(_, row)| row.iter().sum::<f64>()).sum::<f64>()
    });
    let across = across.iter().sum::<f64>() / (x.count as f64 * y.count as f64);
    mean_of_others(x, &kernel) + mean_of_others(y, &kernel) - 2.0 * across
}

/// Mean of the kernel over ordered pairs of different samples of one set.
fn mean_of_others(x: &Rows, kernel: impl Fn(&[f64], &[f64]) -> f64 + Sync) -> f64 {
    let sums = map_blocks(x, x, kernel, |block| {
        let others = |(i, row): (usize, &[f64])| {
            row[..i].iter().sum::<f64>() + row[i + 1..].iter().sum::<f64>()
        };
        block.iter().map(others).sum::<f64>()
    });
    sums.iter().sum::<f64>() / (x.count as f64 * (x.count - 1) as f64)
}
