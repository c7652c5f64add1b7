//! Normal data, for which fields and marginals are known along every path.

use std::cell::RefCell;

use candle_core::{DType, Device, Tensor};
use realuid_paths::{Error, Interpolant, Result};
use realuid_testkit::{GaussianMixture, PathCoefficients};

use crate::paths::FormulaPath;

/// Where the source ends of a path come from.
#[derive(Clone, Copy)]
pub enum Source {
    /// N(0, 1), independent of the data.
    Normal,
    /// One known value.
    Fixed(f64),
}

/// Data N(mean, std^2) in every dimension.
pub struct Problem {
    pub path: &'static FormulaPath,
    pub source: Source,
    pub mean: f64,
    pub std: f64,
    /// Every time at which a field was asked, of the first item.
    pub asked: RefCell<Vec<f64>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub mean: f64,
    pub std: f64,
}

impl Problem {
    pub fn new(path: &'static FormulaPath, source: Source) -> Self {
        Self { path, source, mean: 0.8, std: 0.6, asked: RefCell::default() }
    }

    pub fn point_mass(path: &'static FormulaPath, source: Source) -> Self {
        Self { std: 0.0, ..Self::new(path, source) }
    }

    /// The distribution of x_t.
    pub fn marginal(&self, time: f64) -> Moments {
        let [a, b, c, ..] = (self.path.at)(time);
        let (offset, spread) = match self.source {
            Source::Normal => (0.0, b),
            Source::Fixed(source) => (b * source, 0.0),
        };
        let std = ((a * self.std).powi(2) + spread * spread + c * c).sqrt();
        Moments { mean: a * self.mean + offset, std }
    }

    /// E[data | x_t], and given the source where that is known.
    pub fn data(&self, x: &Tensor, t: &Tensor) -> Result<Tensor> {
        self.evaluate(x, t, |x, t| {
            let k = self.path.coefficients(t)?;
            let (x, noise) = match self.source {
                Source::Normal => (x.clone(), (k.source.sqr()? + k.latent.sqr()?)?.sqrt()?),
                Source::Fixed(source) => {
                    (x.broadcast_sub(&(k.source * source)?.unsqueeze(1)?)?, k.latent)
                }
            };
            // At the pinned source end x_t says nothing of the data: a vanishing weight, not 0 / 0.
            let noise = noise.maximum(1e-100)?;
            Ok(self.oracle(&x).posterior_means(&x, &k.data, &noise).map_err(Error::field)?.data)
        })
    }

    /// E[dx/dt | x_t] of a Gaussian path.
    pub fn velocity(&self, x: &Tensor, t: &Tensor) -> Result<Tensor> {
        self.evaluate(x, t, |x, t| {
            let k = self.path.coefficients(t)?;
            let (data, source) = (k.data, k.source);
            let (data_rate, source_rate) = (k.data_rate, k.source_rate);
            let path = PathCoefficients { data, source, data_rate, source_rate };
            self.oracle(x).velocity(x, &path).map_err(Error::field)
        })
    }

    /// The score of x_t of a Gaussian path.
    pub fn score(&self, x: &Tensor, t: &Tensor) -> Result<Tensor> {
        self.evaluate(x, t, |x, t| {
            let k = self.path.coefficients(t)?;
            self.oracle(x).score(x, &k.data, &k.source).map_err(Error::field)
        })
    }

    /// `field` of rows of f64, at points of any shape and dtype.
    fn evaluate(
        &self,
        x: &Tensor,
        t: &Tensor,
        field: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let t = t.to_dtype(DType::F64)?;
        self.asked.borrow_mut().push(t.get(0)?.to_scalar()?);
        let rows = x.to_dtype(DType::F64)?.reshape((x.dim(0)?, ()))?;
        Ok(field(&rows, &t)?.reshape(x.shape())?.to_dtype(x.dtype())?)
    }

    fn oracle(&self, rows: &Tensor) -> GaussianMixture {
        let dims = rows.dims()[1];
        GaussianMixture {
            weights: vec![1.0],
            means: vec![vec![self.mean; dims]],
            stds: vec![self.std],
        }
    }
}

pub fn tensor(values: &[f64]) -> Tensor {
    Tensor::new(values, &Device::Cpu).unwrap().unsqueeze(1).unwrap()
}
