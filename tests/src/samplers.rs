//! Where deterministic samplers end on the exact fields of a Gaussian mixture.

use candle_core::Tensor;
use realuid_paths::{
    Denoiser, DormandPrince, EdmHeun, Error as PathError, Euler, Heun, Interpolant, Linear,
    Midpoint, NoNoise, Rk4, Sampler, TimeSpan, VarianceExploding, integrate, karras_grid, sample,
    uniform_grid,
};
use realuid_testkit::{Fixture, GaussianMixture};

use crate::checks::{Checks, Tolerance};
use crate::run::Outcome;
use crate::{Error, Result};

/// How a fixture's tensor was made.
enum Run {
    /// Equal steps on the linear path.
    Linear(&'static dyn Sampler, usize),
    /// EDM's noise levels, Heun's method without churn.
    Edm(usize),
}

/// Steps of `edm` where its name gives no number.
const EDM_STEPS: usize = 18;
/// EDM's noise levels (arXiv 2206.00364, table 1).
const LOWEST_LEVEL: f64 = 0.002;
const HIGHEST_LEVEL: f64 = 80.0;

/// Tensors are called METHOD_STEPS, but for `x0`, where all of them start.
pub(crate) fn compare(fixture: &Fixture) -> Result<Outcome> {
    let mixture: GaussianMixture = fixture.parse()?;
    let start = fixture.tensor("x0")?;
    validate(&mixture, start)?;
    let mut checks = Checks::default();
    for name in fixture.tensor_names().into_iter().filter(|name| *name != "x0") {
        let end = match run_called(name) {
            Some(Run::Linear(sampler, steps)) => linear_end(&mixture, start, sampler, steps)?,
            Some(Run::Edm(steps)) => edm_end(&mixture, start, steps)?,
            None => {
                checks.omit(name);
                continue;
            }
        };
        checks.elements(name, &end, fixture.tensor(name)?, Tolerance::DOUBLE)?;
    }
    Ok(Outcome::Compared(checks))
}

/// `heun_20` is 20 steps of Heun's method.
fn run_called(name: &str) -> Option<Run> {
    if name == "edm" {
        return Some(Run::Edm(EDM_STEPS));
    }
    let (method, steps) = name.rsplit_once('_')?;
    let steps = steps.parse().ok()?;
    let sampler: &dyn Sampler = match method {
        "euler" => &Euler,
        "heun" => &Heun,
        "midpoint" => &Midpoint,
        "rk4" => &Rk4,
        "dopri5" => &DormandPrince,
        "edm" => return Some(Run::Edm(steps)),
        _ => return None,
    };
    Some(Run::Linear(sampler, steps))
}

fn linear_end(
    mixture: &GaussianMixture,
    start: &Tensor,
    sampler: &dyn Sampler,
    steps: usize,
) -> Result<Tensor> {
    let velocity = |x: &Tensor, t: &Tensor| mixture.linear_velocity(x, t).map_err(PathError::field);
    let TimeSpan { source, data } = Linear.times();
    let grid = uniform_grid(source, data, steps)?;
    Ok(integrate(sampler, &velocity, start, &grid)?.x)
}

/// From `start` times the highest level.
fn edm_end(mixture: &GaussianMixture, start: &Tensor, steps: usize) -> Result<Tensor> {
    let data = |x: &Tensor, t: &Tensor| {
        Ok(mixture.posterior_means(x, &t.ones_like()?, t).map_err(PathError::field)?.data)
    };
    let path = VarianceExploding::new(HIGHEST_LEVEL)?;
    let denoiser = Denoiser { path: &path, data: &data };
    let grid = karras_grid(LOWEST_LEVEL, HIGHEST_LEVEL, 7.0, steps)?;
    let start = (start * HIGHEST_LEVEL)?;
    Ok(sample(&EdmHeun { churn: None }, &denoiser, &start, &grid, &mut NoNoise)?.x)
}

fn validate(mixture: &GaussianMixture, start: &Tensor) -> Result<()> {
    let GaussianMixture { weights, means, stds } = mixture;
    let (_, dims) = start.dims2()?;
    let (components, same_dims) = (weights.len(), means.iter().all(|mean| mean.len() == dims));
    if components > 0 && means.len() == components && stds.len() == components && same_dims {
        return Ok(());
    }
    Err(Error::malformed(
        format!("as many means of {dims} numbers and stds as weights, at least one"),
        format!("{components} weights, {} stds, means {means:?}", stds.len()),
    ))
}
