use candle_core::{Device, Tensor};
use serde::Deserialize;

use crate::Result;

/// A mixture of isotropic Gaussians, whose matching fields are known in closed form.
#[derive(Clone, Debug, Deserialize)]
pub struct GaussianMixture {
    /// Shares of the components; they add up to 1.
    pub weights: Vec<f64>,
    /// Means, one vector per component.
    pub means: Vec<Vec<f64>>,
    /// Standard deviations, one per component.
    pub stds: Vec<f64>,
}

/// Conditional means of the ends of a path given its point; both [B, D].
pub struct PosteriorMeans {
    /// E[data | x_t].
    pub data: Tensor,
    /// E[source | x_t].
    pub source: Tensor,
}

/// Coefficients of x = `data` * data + `source` * source at a batch of times, and their derivatives;
/// each `[B]`, f64.
pub struct PathCoefficients {
    /// a(t).
    pub data: Tensor,
    /// b(t).
    pub source: Tensor,
    /// a'(t).
    pub data_rate: Tensor,
    /// b'(t).
    pub source_rate: Tensor,
}

impl GaussianMixture {
    /// E[a' data + b' source | x], the velocity of any Gaussian path, at the points `x` [B, D], f64.
    pub fn velocity(&self, x: &Tensor, path: &PathCoefficients) -> Result<Tensor> {
        let means = self.posterior_means(x, &path.data, &path.source)?;
        let data = means.data.broadcast_mul(&path.data_rate.unsqueeze(1)?)?;
        Ok((data + means.source.broadcast_mul(&path.source_rate.unsqueeze(1)?)?)?)
    }

    /// The gradient of the log-density of x = `data` * data + `source` * source at the points `x`
    /// [B, D]; coefficients `[B]`, that of the source not zero, all f64.
    pub fn score(&self, x: &Tensor, data: &Tensor, source: &Tensor) -> Result<Tensor> {
        let means = self.posterior_means(x, data, source)?;
        Ok(means.source.neg()?.broadcast_div(&source.unsqueeze(1)?)?)
    }

    /// E[data - source | x_t = x], the velocity of the linear path x_t = t data + (1 - t) source, at
    /// the points `x` [B, D] and times `t` `[B]`, both f64.
    pub fn linear_velocity(&self, x: &Tensor, t: &Tensor) -> Result<Tensor> {
        let source = t.affine(-1.0, 1.0)?;
        let means = self.posterior_means(x, t, &source)?;
        Ok((means.data - means.source)?)
    }

    /// Conditional means given x = `data` * data + `source` * source, source standard normal, at the
    /// points `x` [B, D], coefficients `[B]` not both zero, all f64.
    pub fn posterior_means(
        &self,
        x: &Tensor,
        data: &Tensor,
        source: &Tensor,
    ) -> Result<PosteriorMeans> {
        let (batch, dims) = x.dims2()?;
        let (a, b) = (data.to_vec1::<f64>()?, source.to_vec1::<f64>()?);
        let (mut data, mut source) = (Vec::new(), Vec::new());
        for (i, point) in x.to_vec2::<f64>()?.iter().enumerate() {
            let (d, s) = self.posterior_at(point, a[i], b[i]);
            data.extend(d);
            source.extend(s);
        }
        Ok(PosteriorMeans {
            data: Tensor::from_vec(data, (batch, dims), &Device::Cpu)?,
            source: Tensor::from_vec(source, (batch, dims), &Device::Cpu)?,
        })
    }

    /// E[data | x] and E[source | x] at one point: each component's, weighted by its posterior share.
    fn posterior_at(&self, x: &[f64], a: f64, b: f64) -> (Vec<f64>, Vec<f64>) {
        let variances: Vec<f64> = self.stds.iter().map(|s| (a * s).powi(2) + b * b).collect();
        let shares = self.posterior_shares(x, a, &variances);
        let (mut data, mut source) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        for (k, share) in shares.iter().enumerate() {
            for j in 0..x.len() {
                let mean = self.means[k][j];
                let off = (x[j] - a * mean) / variances[k];
                data[j] += share * (mean + a * self.stds[k].powi(2) * off);
                source[j] += share * b * off;
            }
        }
        (data, source)
    }

    /// Probability of each component given x; `variances` are those of x within a component.
    fn posterior_shares(&self, x: &[f64], a: f64, variances: &[f64]) -> Vec<f64> {
        let logs: Vec<f64> = (0..self.weights.len())
            .map(|k| {
                let square: f64 =
                    x.iter().zip(&self.means[k]).map(|(v, m)| (v - a * m).powi(2)).sum();
                self.weights[k].ln()
                    - 0.5 * square / variances[k]
                    - 0.5 * x.len() as f64 * variances[k].ln()
            })
            .collect();
        let largest = logs.iter().fold(f64::MIN, |m, v| m.max(*v));
        let shares: Vec<f64> = logs.iter().map(|l| (l - largest).exp()).collect();
        let total: f64 = shares.iter().sum();
        shares.iter().map(|s| s / total).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posterior_means_recombine_to_the_point() {
        // E[a data + b source | x] = x, whatever the mixture.
        let mixture = GaussianMixture {
            weights: vec![0.3, 0.7],
            means: vec![vec![-2.0, 1.0], vec![1.5, -0.5]],
            stds: vec![0.4, 0.6],
        };
        let x = crate::formula_normal("mixture/x", (5, 2)).unwrap();
        let a = Tensor::new(&[0.0, 0.3, 0.6, 0.9, 1.0], &Device::Cpu).unwrap();
        let b = Tensor::new(&[1.0, 0.7, 0.4, 0.1, 0.0], &Device::Cpu).unwrap();
        let means = mixture.posterior_means(&x, &a, &b).unwrap();
        let scale =
            |v: &Tensor, by: &Tensor| v.broadcast_mul(&by.reshape((5, 1)).unwrap()).unwrap();
        let back = (scale(&means.data, &a) + scale(&means.source, &b)).unwrap();
        crate::assert_close(&back, &x, 1e-13);
    }

    #[test]
    fn the_score_is_the_derivative_of_the_log_density() {
        let mixture = GaussianMixture {
            weights: vec![0.3, 0.7],
            means: vec![vec![-2.0], vec![1.5]],
            stds: vec![0.4, 0.6],
        };
        let (a, b) = (0.8, 0.5);
        let density = |x: f64| -> f64 {
            let part = |k: usize| {
                let variance = (a * mixture.stds[k]).powi(2) + b * b;
                let off = x - a * mixture.means[k][0];
                mixture.weights[k] * (-0.5 * off * off / variance).exp() / variance.sqrt()
            };
            part(0) + part(1)
        };
        let tensor = |v: f64| Tensor::new(&[v], &Device::Cpu).unwrap();
        for x in [-1.3, 0.2, 0.9] {
            let point = tensor(x).unsqueeze(0).unwrap();
            let score = mixture.score(&point, &tensor(a), &tensor(b)).unwrap();
            let expected = (density(x + 1e-5).ln() - density(x - 1e-5).ln()) / 2e-5;
            assert!((score.to_vec2::<f64>().unwrap()[0][0] - expected).abs() < 1e-8);
        }
    }

    #[test]
    fn the_velocity_of_the_linear_path_is_one_of_any_path() {
        let mixture = GaussianMixture {
            weights: vec![0.3, 0.7],
            means: vec![vec![-2.0, 1.0], vec![1.5, -0.5]],
            stds: vec![0.4, 0.6],
        };
        let x = crate::formula_normal("mixture/x", (3, 2)).unwrap();
        let data = Tensor::new(&[0.2, 0.5, 0.9], &Device::Cpu).unwrap();
        let source = data.affine(-1.0, 1.0).unwrap();
        let data_rate = data.ones_like().unwrap();
        let source_rate = data_rate.neg().unwrap();
        let expected = mixture.linear_velocity(&x, &data).unwrap();
        let path = PathCoefficients { data, source, data_rate, source_rate };
        crate::assert_close(&mixture.velocity(&x, &path).unwrap(), &expected, 1e-14);
    }

    #[test]
    fn one_component_is_linear_regression() {
        let mixture =
            GaussianMixture { weights: vec![1.0], means: vec![vec![2.0]], stds: vec![0.5] };
        let tensor = |v: f64| Tensor::new(&[v], &Device::Cpu).unwrap();
        let x = Tensor::new(&[[1.0]], &Device::Cpu).unwrap();
        let v = mixture.linear_velocity(&x, &tensor(0.6)).unwrap();
        // m + (t s^2 - (1 - t)) / (t^2 s^2 + (1 - t)^2) (x - t m) at t = 0.6.
        let expected = 2.0 + (0.6 * 0.25 - 0.4) / (0.36 * 0.25 + 0.16) * (1.0 - 1.2);
        assert!((v.to_vec2::<f64>().unwrap()[0][0] - expected).abs() < 1e-14);
    }
}
