//! The list of samplers, and how each is run.

use candle_core::{Device, Tensor};
use realuid_paths::{
    Adaptive, BridgeOde, BridgePosterior, Churn, Converted, Ddim, Denoiser, Diffusion,
    DormandPrince, DpmSolver, EdmHeun, Euler, EulerMaruyama, Field, Heun, Midpoint, Noise,
    PathSampler, Prediction, Result, Rk4, Sampler, Solution, integrate, log_snr_grid, sample,
    uniform_grid,
};

use crate::paths::{BROWNIAN, FormulaPath, LINEAR, NOISE_LEVELS, TRIGONOMETRIC};
use crate::problem::{Moments, Problem, Source};

pub const SOURCE: f64 = 0.7;

/// A sampler, where it is tried and what it promises.
pub struct Member {
    pub name: &'static str,
    pub method: Method,
    pub path: &'static FormulaPath,
    pub source: Source,
    /// Whether the field gives it velocities, scores or data.
    pub prediction: Prediction,
    pub grid: fn(&FormulaPath, [f64; 2], usize) -> Result<Vec<f64>>,
    pub order: usize,
    /// Evaluations in a number of steps that ends at the data end.
    pub evaluations: fn(usize) -> usize,
}

pub enum Method {
    Ode(Box<dyn Sampler>),
    Path(Box<dyn PathSampler>),
    /// A bridge's equation with this source in every item.
    Pinned(f64),
    Adaptive(Adaptive),
}

pub fn all() -> Vec<Member> {
    let strict =
        Adaptive { relative_tolerance: 1e-7, absolute_tolerance: 1e-7, ..Adaptive::default() };
    vec![
        ode("euler", Euler, 1, |n| n),
        ode("heun", Heun, 2, |n| 2 * n - 1),
        ode("midpoint", Midpoint, 2, |n| 2 * n),
        ode("rk4", Rk4, 4, |n| 4 * n),
        ode("dormand-prince", DormandPrince, 5, |n| 6 * n),
        Member { method: Method::Adaptive(strict), ..ode("adaptive", Euler, 5, |n| n) },
        Member { grid: log_snr, ..along("dpm-solver++, linear", DpmSolver, &LINEAR, 2) },
        Member { grid: log_snr, ..along("dpm-solver++", DpmSolver, &TRIGONOMETRIC, 2) },
        along("ddim", Ddim { eta: 0.0 }, &TRIGONOMETRIC, 1),
        along("ddim, eta 0.5, linear", Ddim { eta: 0.5 }, &LINEAR, 1),
        along("ddim, eta 1", Ddim { eta: 1.0 }, &TRIGONOMETRIC, 1),
        edm("edm", None),
        edm("edm, churn", Some(Churn { amount: 3.0, low: 0.05, high: 1.4, noise: 1.0 })),
        along("euler-maruyama", by_source(1.0), &TRIGONOMETRIC, 1),
        along("euler-maruyama, little noise, linear", by_source(0.3), &LINEAR, 1),
        Member {
            prediction: Prediction::Score,
            ..along("euler-maruyama, score, noise levels", by_source(1.0), &NOISE_LEVELS, 1)
        },
        along("euler-maruyama, forward", EulerMaruyama { diffusion: Diffusion::Forward }, &LATE, 1),
        along("bridge posterior", BridgePosterior, &BROWNIAN, 1),
        Member {
            method: Method::Pinned(SOURCE),
            source: Source::Fixed(SOURCE),
            ..along("bridge ode", BridgePosterior, &BROWNIAN, 1)
        },
    ]
}

/// The trigonometric path from where its forward process has finite noise.
static LATE: FormulaPath = FormulaPath { whole: [0.98, 0.0], ..TRIGONOMETRIC };

fn by_source(scale: f64) -> EulerMaruyama {
    EulerMaruyama { diffusion: Diffusion::SourceVariance { scale } }
}

fn ode(
    name: &'static str,
    sampler: impl Sampler + 'static,
    order: usize,
    evaluations: fn(usize) -> usize,
) -> Member {
    Member {
        method: Method::Ode(Box::new(sampler)),
        prediction: Prediction::Velocity,
        evaluations,
        ..along(name, DpmSolver, &TRIGONOMETRIC, order)
    }
}

fn along(
    name: &'static str,
    sampler: impl PathSampler + 'static,
    path: &'static FormulaPath,
    order: usize,
) -> Member {
    Member {
        name,
        method: Method::Path(Box::new(sampler)),
        path,
        source: Source::Normal,
        prediction: Prediction::Data,
        grid: |_, [from, to], steps| uniform_grid(from, to, steps),
        order,
        evaluations: |n| n,
    }
}

fn edm(name: &'static str, churn: Option<Churn>) -> Member {
    Member {
        evaluations: |n| 2 * n - 1,
        grid: finer_near_data,
        ..along(name, EdmHeun { churn }, &NOISE_LEVELS, 2)
    }
}

/// Steps shrinking in proportion to the noise level's cube root, ends as given.
fn finer_near_data(_: &FormulaPath, [from, to]: [f64; 2], steps: usize) -> Result<Vec<f64>> {
    let roots = uniform_grid(from.cbrt(), to.cbrt(), steps)?;
    let mut grid: Vec<f64> = roots.into_iter().map(|r| r * r * r).collect();
    (grid[0], grid[steps]) = (from, to);
    Ok(grid)
}

/// Equal steps in log-SNR; from end to end of the path with one more at either end.
fn log_snr(path: &FormulaPath, [from, to]: [f64; 2], steps: usize) -> Result<Vec<f64>> {
    if (to - path.times.data).abs() > 0.0 {
        return log_snr_grid(path, from, to, steps);
    }
    let margin = (to - from) * 1e-3;
    let inner = log_snr_grid(path, from + margin, to - margin, steps - 2)?;
    Ok([&[from], inner.as_slice(), &[to]].concat())
}

impl Member {
    pub fn problem(&self) -> Problem {
        Problem::new(self.path, self.source)
    }

    pub fn is_adaptive(&self) -> bool {
        matches!(self.method, Method::Adaptive(_))
    }

    /// Runs the sampler on the exact field of `problem` over `grid`.
    pub fn run(
        &self,
        problem: &Problem,
        x: &Tensor,
        grid: &[f64],
        noise: &mut dyn Noise,
    ) -> Result<Solution> {
        let velocity = |x: &Tensor, t: &Tensor| problem.velocity(x, t);
        let score = |x: &Tensor, t: &Tensor| problem.score(x, t);
        let data = |x: &Tensor, t: &Tensor| problem.data(x, t);
        let from_score = Converted {
            path: self.path,
            field: &score,
            from: Prediction::Score.into(),
            to: Prediction::Data,
        };
        let data: &dyn Field =
            if self.prediction == Prediction::Score { &from_score } else { &data };
        let denoiser = Denoiser { path: self.path, data };
        match &self.method {
            Method::Ode(sampler) => integrate(sampler.as_ref(), &velocity, x, grid),
            Method::Path(sampler) => sample(sampler.as_ref(), &denoiser, x, grid, noise),
            Method::Pinned(source) => {
                let source = (x.ones_like()? * *source)?;
                sample(&BridgeOde { source }, &denoiser, x, grid, noise)
            }
            Method::Adaptive(adaptive) => {
                let end = adaptive.integrate(&velocity, x, grid[0], grid[grid.len() - 1])?;
                Ok(Solution { x: end.x, evaluations: end.evaluations })
            }
        }
    }

    /// Mean and standard deviation of the points at the end, started from the marginal at the first
    /// time. Exact, without sampling: on normal data every sampler is a linear map of its start and
    /// its noises, so the responses to a unit of each add up in squares.
    pub fn end_moments(&self, problem: &Problem, grid: &[f64]) -> Moments {
        let start = problem.marginal(grid[0]);
        let mut points = vec![start.mean; grid.len() + 1];
        points[1] += start.std;
        let mut noise = |step: usize, like: &Tensor| {
            let mut unit = vec![0.0; like.dim(0)?];
            unit[2 + step] = 1.0;
            Ok(Tensor::new(unit, &Device::Cpu)?.unsqueeze(1)?)
        };
        let end = self.run(problem, &crate::problem::tensor(&points), grid, &mut noise).unwrap().x;
        let end = end.flatten_all().unwrap().to_vec1::<f64>().unwrap();
        let variance: f64 = end[1..].iter().map(|x| (x - end[0]).powi(2)).sum();
        Moments { mean: end[0], std: variance.sqrt() }
    }
}
