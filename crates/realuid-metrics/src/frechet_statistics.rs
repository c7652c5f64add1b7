use candle_core::{Device, Tensor};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};

use crate::rows::{Rows, require_dimension};
use crate::{Error, Result};

/// Mean and covariance of a stream of features, in f64: what the Frechet distance needs of a set.
///
/// Batches of any size are folded in as they come; only the mean `[D]` and the sums of products of
/// deviations [D, D] are kept. Each batch is centred on its own mean before it is merged, so features
/// far from zero lose no precision.
///
/// Chan, Golub and LeVeque, "Algorithms for computing the sample variance" (1983), equation 2.1 with
/// vectors.
#[derive(Clone, Debug)]
pub struct FrechetStatistics {
    count: usize,
    mean: Vec<f64>,
    /// Sum over samples of (x - mean)(x - mean)^T.
    scatter: Mat<f64>,
}

impl FrechetStatistics {
    /// Statistics of no samples yet, of `dim` features each.
    pub fn new(dim: usize) -> Self {
        Self { count: 0, mean: vec![0.0; dim], scatter: Mat::zeros(dim, dim) }
    }

    /// Adds the samples of `features` [n, D], any n.
    pub fn push(&mut self, features: &Tensor) -> Result<()> {
        let operation = "Frechet statistics";
        let rows = Rows::read(operation, "features", features)?;
        require_dimension(operation, "features", rows.dimension, self.dimension())?;
        if rows.count == 0 {
            return Ok(());
        }
        self.merge(&Self::of_batch(&rows))
    }

    /// Adds all samples of `other`, as if they had been pushed here.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        require_dimension("Frechet statistics", "other", other.dimension(), self.dimension())?;
        if other.count == 0 {
            return Ok(());
        }
        let (n, m) = (self.count as f64, other.count as f64);
        let shift: Vec<f64> = other.mean.iter().zip(&self.mean).map(|(b, a)| b - a).collect();
        let shift_matrix = MatRef::from_column_major_slice(&shift, shift.len(), 1);
        self.scatter += &other.scatter;
        let weight = n * m / (n + m);
        let outer = (shift_matrix, shift_matrix.transpose());
        matmul(self.scatter.as_mut(), Accum::Add, outer.0, outer.1, weight, Par::Seq);
        for (mean, shift) in self.mean.iter_mut().zip(&shift) {
            *mean += shift * (m / (n + m));
        }
        self.count += other.count;
        Ok(())
    }

    /// Samples seen so far.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of features D.
    pub fn dimension(&self) -> usize {
        self.mean.len()
    }

    /// Mean of the samples, `[D]` in f64; zeros before the first sample.
    pub fn mean(&self) -> Result<Tensor> {
        Ok(Tensor::from_slice(&self.mean, self.dimension(), &Device::Cpu)?)
    }

    /// Covariance of the samples with divisor count - 1, [D, D] in f64. An error below two samples.
    pub fn covariance(&self) -> Result<Tensor> {
        let covariance = self.covariance_matrix("covariance")?;
        let dim = self.dimension();
        let values: Vec<f64> =
            (0..dim).flat_map(|i| (0..dim).map(move |j| (i, j))).map(|at| covariance[at]).collect();
        Ok(Tensor::from_vec(values, (dim, dim), &Device::Cpu)?)
    }

    pub(crate) fn mean_slice(&self) -> &[f64] {
        &self.mean
    }

    pub(crate) fn covariance_matrix(&self, operation: &'static str) -> Result<Mat<f64>> {
        if self.count < 2 {
            return Err(Error::Argument {
                operation,
                argument: "statistics",
                expected: "of at least 2 samples".into(),
                found: self.count.to_string(),
                advice: "push more features first",
            });
        }
        Ok(&self.scatter * faer::Scale(1.0 / (self.count - 1) as f64))
    }

    fn of_batch(rows: &Rows) -> Self {
        let (count, dim) = (rows.count, rows.dimension);
        let mut mean = vec![0.0; dim];
        for i in 0..count {
            for (mean, value) in mean.iter_mut().zip(rows.row(i)) {
                *mean += value / count as f64;
            }
        }
        let centred: Vec<f64> = rows
            .values()
            .chunks_exact(dim)
            .flat_map(|row| row.iter().zip(&mean))
            .map(|(v, m)| v - m)
            .collect();
        let centred = MatRef::from_row_major_slice(&centred, count, dim);
        let mut scatter = Mat::zeros(dim, dim);
        matmul(scatter.as_mut(), Accum::Replace, centred.transpose(), centred, 1.0, Par::Seq);
        Self { count, mean, scatter }
    }
}
