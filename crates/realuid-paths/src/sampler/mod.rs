mod adaptive;
mod bridge_ode;
mod bridge_posterior;
mod ddim;
mod dormand_prince;
mod dpm_solver;
mod edm_heun;
mod euler;
mod euler_maruyama;
mod heun;
mod midpoint;
mod path_sampler;
mod rk4;

pub use adaptive::{Adaptive, AdaptiveSolution};
pub use bridge_ode::BridgeOde;
pub use bridge_posterior::BridgePosterior;
pub use ddim::Ddim;
pub use dormand_prince::DormandPrince;
pub use dpm_solver::DpmSolver;
pub use edm_heun::{Churn, EdmHeun};
pub use euler::Euler;
pub use euler_maruyama::{Diffusion, EulerMaruyama};
pub use heun::Heun;
pub use midpoint::Midpoint;
pub use path_sampler::{Estimate, PathSampler, Step};
pub use rk4::Rk4;

use candle_core::{DType, Tensor};

use crate::{Error, Field, Interpolant, Result};

/// One step of a grid of times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Native time at the start of the step.
    pub from: f64,
    /// Native time at its end.
    pub to: f64,
    /// Whether the grid ends here; the field may be singular at the end of the last step.
    pub is_last: bool,
}

impl Interval {
    /// The signed length of the step; negative where the grid runs down.
    pub fn length(&self) -> f64 {
        self.to - self.from
    }

    /// The time half way.
    pub fn middle(&self) -> f64 {
        f64::midpoint(self.from, self.to)
    }
}

/// A method that carries points along the ordinary differential equation dx/dt = field(x, t).
pub trait Sampler {
    /// The points `x` [B, ..] at `interval.from` carried to `interval.to`, shape kept.
    fn step(&self, field: &dyn Field, x: &Tensor, interval: Interval) -> Result<Tensor>;

    /// The order: halving all intervals divides the error by 2 to this power.
    fn order(&self) -> usize;
}

/// The field at the points `x` [B, ..], all at the native time `time`.
///
/// Points of half precision get times in f32, because rounded times would move the grid.
fn predict_at(field: &dyn Field, x: &Tensor, time: f64) -> Result<Tensor> {
    let batch = x.dim(0)?;
    let dtype = if x.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
    let t = Tensor::full(time, batch, x.device())?.to_dtype(dtype)?;
    let value = field.predict(x, &t)?;
    crate::broadcast::check_same_shape(x, &value, "evaluating the field of a sampler")?;
    Ok(value)
}

/// Fails where `path` has a latent, so that `sampler`, made for Gaussian paths, does not apply.
fn refuse_latent(path: &dyn Interpolant, sampler: &str) -> Result<()> {
    if !path.has_latent()? {
        return Ok(());
    }
    let expected = "a Gaussian path; sample a bridge with a bridge sampler";
    Err(Error::argument("choosing a sampler", expected, format!("a bridge for {sampler}")))
}

/// Fails where `path` has no latent, so that `sampler`, made for bridges, does not apply.
fn need_latent(path: &dyn Interpolant, sampler: &str) -> Result<()> {
    if path.has_latent()? {
        return Ok(());
    }
    let expected = "a bridge; sample a Gaussian path with DDIM or by its velocity";
    Err(Error::argument("choosing a sampler", expected, format!("a Gaussian path for {sampler}")))
}
