//! Paths by formula, with the two stretches of time on which samplers are tried.

use candle_core::{Device, Tensor};
use realuid_paths::{Coefficients, GaussianPath, Interpolant, Result, TimeSpan};

/// Coefficients of data, source and latent, then their rates, at one native time.
pub struct FormulaPath {
    pub at: fn(f64) -> [f64; 6],
    pub times: TimeSpan,
    /// From the source end to the data end.
    pub whole: [f64; 2],
    /// From inside to inside, where nothing is singular.
    pub inside: [f64; 2],
}

/// Flow matching; time runs up.
pub const LINEAR: FormulaPath = FormulaPath {
    at: |t| [t, 1.0 - t, 0.0, 1.0, -1.0, 0.0],
    times: TimeSpan { data: 1.0, source: 0.0 },
    whole: [0.0, 1.0],
    inside: [0.1, 0.9],
};

/// A variance-preserving path; time runs down.
pub const TRIGONOMETRIC: FormulaPath = FormulaPath {
    at: |t| {
        let speed = std::f64::consts::FRAC_PI_2;
        let (b, a) = (speed * t).sin_cos();
        [a, b, 0.0, -speed * b, speed * a, 0.0]
    },
    times: TimeSpan { data: 0.0, source: 1.0 },
    whole: [1.0, 0.0],
    inside: [0.9, 0.1],
};

/// Native time is the noise level.
pub const NOISE_LEVELS: FormulaPath = FormulaPath {
    at: |t| [1.0, t, 0.0, 0.0, 1.0, 0.0],
    times: TimeSpan { data: 0.0, source: 20.0 },
    whole: [20.0, 0.0],
    inside: [2.0, 0.2],
};

/// A Brownian bridge with epsilon = 1/2; time runs down to the data.
pub const BROWNIAN: FormulaPath = FormulaPath {
    at: |t| {
        let latent = (0.5 * t * (1.0 - t)).sqrt();
        [1.0 - t, t, latent, -1.0, 1.0, 0.25 * (1.0 - 2.0 * t) / latent]
    },
    times: TimeSpan { data: 0.0, source: 1.0 },
    whole: [1.0, 0.0],
    inside: [0.9, 0.1],
};

impl Interpolant for FormulaPath {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let times = t.to_dtype(candle_core::DType::F64)?.to_vec1::<f64>()?;
        let column = |k: usize| -> Result<Tensor> {
            let values: Vec<f64> = times.iter().map(|t| (self.at)(*t)[k]).collect();
            Ok(Tensor::new(values, &Device::Cpu)?.to_dtype(t.dtype())?)
        };
        Ok(Coefficients {
            data: column(0)?,
            source: column(1)?,
            latent: column(2)?,
            data_rate: column(3)?,
            source_rate: column(4)?,
            latent_rate: column(5)?,
        })
    }

    fn times(&self) -> TimeSpan {
        self.times
    }
}

/// Of those without latent.
impl GaussianPath for FormulaPath {}
