//! Where deterministic samplers end on the exact field of a Gaussian mixture.

use candle_core::Tensor;
use realuid_paths::{
    Error as PathError, Euler, Heun, Interpolant, Linear, Midpoint, Sampler, TimeSpan, integrate,
    uniform_grid,
};
use realuid_testkit::{Fixture, GaussianMixture};

use crate::checks::{Checks, Tolerance};
use crate::run::Outcome;
use crate::{Error, Result};

/// Tensors are called METHOD_STEPS, but for `x0`, where all of them start.
pub(crate) fn compare(fixture: &Fixture) -> Result<Outcome> {
    let mixture: GaussianMixture = fixture.parse()?;
    let start = fixture.tensor("x0")?;
    validate(&mixture, start)?;
    let velocity = |x: &Tensor, t: &Tensor| mixture.linear_velocity(x, t).map_err(PathError::field);
    let TimeSpan { source, data } = Linear.times();
    let mut checks = Checks::default();
    for name in fixture.tensor_names().into_iter().filter(|name| *name != "x0") {
        let Some((sampler, steps)) = sampler_called(name) else {
            checks.omit(name);
            continue;
        };
        let grid = uniform_grid(source, data, steps)?;
        let end = integrate(sampler, &velocity, start, &grid)?.x;
        checks.elements(name, &end, fixture.tensor(name)?, Tolerance::DOUBLE)?;
    }
    Ok(Outcome::Compared(checks))
}

/// `heun_20` is 20 steps of Heun's method.
fn sampler_called(name: &str) -> Option<(&'static dyn Sampler, usize)> {
    let (method, steps) = name.rsplit_once('_')?;
    let sampler: &dyn Sampler = match method {
        "euler" => &Euler,
        "heun" => &Heun,
        "midpoint" => &Midpoint,
        _ => return None,
    };
    Some((sampler, steps.parse().ok()?))
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
