use faer::{Mat, MatRef, Side};

use crate::rows::require_dimension;
use crate::{Error, FrechetStatistics, Result};

const OPERATION: &str = "Frechet distance";

/// Frechet distance of the Gaussians fitted to two sets of features:
/// |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2), the squared 2-Wasserstein distance of the two.
///
/// Each side needs at least 2 samples and the same D; fewer samples than features (singular
/// covariances) are fine. Units: features squared. Never negative. Time O(D^3).
///
/// With factors C = F F^T the trace of the root is the sum of the singular values of F1^T F2. Taking
/// those, rather than roots of eigenvalues of the product, keeps full precision for small variances, and
/// leaving out directions without variance keeps rounding noise from being multiplied by its own root.
///
/// Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium"
/// (2017), equation 6; Dowson and Landau (1982) for the closed form.
pub fn frechet_distance(a: &FrechetStatistics, b: &FrechetStatistics) -> Result<f64> {
    require_dimension(OPERATION, "second statistics", b.dimension(), a.dimension())?;
    let (c1, c2) = (a.covariance_matrix(OPERATION)?, b.covariance_matrix(OPERATION)?);
    let shift: f64 = a.mean_slice().iter().zip(b.mean_slice()).map(|(a, b)| (a - b).powi(2)).sum();
    let total = shift + trace(&c1) + trace(&c2);
    if !total.is_finite() {
        return Err(numerical("finite means and covariances", total.to_string()));
    }
    let product = factor(c1.as_ref())?.transpose() * factor(c2.as_ref())?;
    let fidelity: f64 = product
        .singular_values()
        .map_err(|e| numerical("converging singular values", format!("{e:?}")))?
        .iter()
        .sum();
    let distance = total - 2.0 * fidelity;
    if distance.is_finite() {
        // The exact value is not negative; what is left below zero is rounding of `total`.
        Ok(distance.max(0.0))
    } else {
        Err(numerical("a finite distance", distance.to_string()))
    }
}

fn trace(matrix: &Mat<f64>) -> f64 {
    (0..matrix.nrows()).map(|i| matrix[(i, i)]).sum()
}

/// F [D, r] with F F^T = `covariance` [D, D] of rank r, from its eigenvectors.
fn factor(covariance: MatRef<'_, f64>) -> Result<Mat<f64>> {
    let eigen = covariance
        .self_adjoint_eigen(Side::Lower)
        .map_err(|e| numerical("a converging eigendecomposition", format!("{e:?}")))?;
    let values = eigen.S().column_vector();
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    // Eigenvalues below this are rounding of zero.
    let noise = values.nrows() as f64 * f64::EPSILON * largest;
    if let Some(value) = values.iter().find(|v| v.is_nan() || **v < -NEGATIVE_SHARE * largest) {
        return Err(numerical(
            "covariances without negative eigenvalues",
            format!("{value:e} beside a largest of {largest:e}"),
        ));
    }
    let kept: Vec<usize> = (0..values.nrows()).filter(|&k| values[k] > noise).collect();
    Ok(Mat::from_fn(values.nrows(), kept.len(), |i, k| {
        eigen.U()[(i, kept[k])] * values[kept[k]].sqrt()
    }))
}

/// A negative eigenvalue up to this share of the largest is rounding and counts as zero.
const NEGATIVE_SHARE: f64 = 1e-10;

fn numerical(expected: &'static str, found: String) -> Error {
    Error::Numerical {
        operation: OPERATION,
        expected,
        found,
        advice: "look for features of extreme size and scale them",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_has_the_rank_and_the_product_of_its_matrix() {
        // Rank one, and a second eigenvalue that rounding has pushed just below zero.
        let matrix = faer::mat![[4.0, 2.0], [2.0, 1.0 - 1e-14]];
        let factor = factor(matrix.as_ref()).unwrap();
        assert_eq!(factor.ncols(), 1);
        let product = &factor * factor.transpose();
        assert!((&product - &matrix).norm_max() < 1e-13);
    }

    #[test]
    fn negative_variance_is_refused() {
        let matrix = faer::mat![[1.0, 2.0], [2.0, 1.0]];
        let message = factor(matrix.as_ref()).unwrap_err().to_string();
        assert!(message.contains("-1e0 beside a largest of 3"), "{message}");
    }
}
