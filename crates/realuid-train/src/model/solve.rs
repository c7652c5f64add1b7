use candle_core::{DType, Device, Tensor};
use realuid_paths::{
    Adaptive, BridgePosterior, Churn, Converted, Ddim, Denoiser, Diffusion, DpmSolver, EdmHeun,
    Euler, EulerMaruyama, Field, GaussianPath, Heads, Heun, Interpolant, Midpoint, Noise,
    PathPoint, PathSampler, Prediction, Rk4, Sampler, Solution, integrate, karras_grid,
    log_snr_grid, sample, uniform_grid,
};

use crate::config::{PathConfig, SolverConfig, SolverName};
use crate::{Error, Result};

/// Lowest noise level and curvature of the grid of EDM (arXiv 2206.00364, table 1).
const LOWEST_LEVEL: f64 = 0.002;
const RHO: f64 = 7.0;

/// Where the log-SNR is infinite at an end of the path, grids of equal steps in it begin or stop at
/// this value: e^7 times as much of one end as of the other.
const LARGEST_LOG_SNR: f64 = 14.0;

/// A teacher's prediction on its path, to be followed from source to data.
pub(super) struct Flow<'a> {
    /// The path.
    pub path: &'a dyn Interpolant,
    /// The same, if it is a Gaussian path.
    pub gaussian: Option<&'a dyn GaussianPath>,
    /// The network.
    pub field: &'a dyn Field,
    /// What it predicts.
    pub heads: Heads,
    /// Native time at which samples begin.
    pub start: f64,
}

/// How a solver of [`SolverConfig`] works.
enum Method {
    /// Follows the velocity over equal steps.
    Velocity(&'static dyn Sampler),
    /// Follows the velocity with steps of its own.
    Adaptive(Adaptive),
    /// Follows the data prediction.
    Path(Box<dyn PathSampler>),
}

impl Flow<'_> {
    /// Carries points `x` [B, ..] of the path at its start to the data.
    ///
    /// Fails where the solver does not fit the path.
    pub fn solve(
        &self,
        solver: &SolverConfig,
        x: &Tensor,
        noise: &mut dyn Noise,
    ) -> Result<Solution> {
        solver.validate("solver")?;
        let solver = &SolverConfig { name: self.chosen(solver.name)?, ..solver.clone() };
        let data = self.path.times().data;
        let velocity = self.converted(Prediction::Velocity);
        let solution = match Method::of(solver) {
            Method::Velocity(sampler) => {
                integrate(sampler, &velocity, x, &uniform_grid(self.start, data, solver.steps)?)?
            }
            Method::Adaptive(adaptive) => {
                let end = adaptive.integrate(&velocity, x, self.start, data)?;
                Solution { x: end.x, evaluations: end.evaluations }
            }
            Method::Path(sampler) => {
                sampler.check(self.path)?;
                let prediction = self.converted(Prediction::Data);
                let denoiser = Denoiser { path: self.path, data: &prediction };
                sample(sampler.as_ref(), &denoiser, x, &self.grid(solver)?, noise)?
            }
        };
        self.without_source(solution)
    }

    fn converted(&self, to: Prediction) -> Converted<'_> {
        Converted { path: self.path, field: self.field, from: self.heads, to }
    }

    /// The solver that is usual on the path, where none is named.
    fn chosen(&self, name: SolverName) -> Result<SolverName> {
        Ok(match name {
            SolverName::Auto if self.heads.main() == Prediction::Velocity => SolverName::Euler,
            SolverName::Auto if self.path.has_latent()? => SolverName::Bridge,
            SolverName::Auto if (EdmHeun { churn: None }).check(self.path).is_ok() => {
                SolverName::Edm
            }
            SolverName::Auto => SolverName::Ddim,
            named => named,
        })
    }

    /// The predicted data of a discrete path, which still holds source at its last time: one more
    /// evaluation there.
    fn without_source(&self, solution: Solution) -> Result<Solution> {
        let time = self.path.times().data;
        if PathPoint::of(self.path, time)?.source.abs() <= 0.0 {
            return Ok(solution);
        }
        let t = Tensor::full(time, solution.x.dim(0)?, solution.x.device())?;
        let t = t.to_dtype(solution.x.dtype())?;
        let x = self.converted(Prediction::Data).predict(&solution.x, &t)?;
        Ok(Solution { x, evaluations: solution.evaluations + 1 })
    }

    /// The times at which a sampler of the data prediction steps.
    fn grid(&self, solver: &SolverConfig) -> Result<Vec<f64>> {
        match solver.name {
            SolverName::Edm => Ok(karras_grid(LOWEST_LEVEL, self.start, RHO, solver.steps)?),
            SolverName::Dpmpp2m => self.log_snr_grid(solver.steps),
            _ => Ok(uniform_grid(self.start, self.path.times().data, solver.steps)?),
        }
    }

    /// Equal steps in log-SNR, and one more to or from an end of the path where that is infinite.
    fn log_snr_grid(&self, steps: usize) -> Result<Vec<f64>> {
        let path = self.gaussian.ok_or_else(|| Error::Mismatch {
            what: "solver of the model",
            expected: "a Gaussian path".into(),
            found: "another one".into(),
            advice: "use --solver bridge for a bridge".into(),
        })?;
        let (source, data) = (self.start, path.times().data);
        let first = time_within(path, source)?;
        let last = time_within(path, data)?;
        let inner =
            steps.saturating_sub(usize::from(first.is_some()) + usize::from(last.is_some()));
        if inner == 0 {
            return Ok(uniform_grid(source, data, steps)?);
        }
        let mut grid = log_snr_grid(path, first.unwrap_or(source), last.unwrap_or(data), inner)?;
        if first.is_some() {
            grid.insert(0, source);
        }
        if last.is_some() {
            grid.push(data);
        }
        Ok(grid)
    }
}

/// `solver` with its method by name; fails where it does not fit models of `path`: what they would find
/// out at their first samples.
pub fn fitting_solver(path: &PathConfig, solver: &SolverConfig) -> Result<SolverConfig> {
    let interpolant = path.interpolant()?;
    let gaussian = if interpolant.has_latent()? { None } else { Some(path.gaussian()?) };
    let heads = path.heads()?;
    let said = Tensor::zeros((1, heads.predictions().len()), DType::F64, &Device::Cpu)?;
    let flow = Flow {
        path: interpolant.as_ref(),
        gaussian: gaussian.as_deref(),
        field: &|_: &Tensor, _: &Tensor| Ok(said.clone()),
        heads,
        start: path.start()?,
    };
    let x = Tensor::zeros((1, 1), DType::F64, &Device::Cpu)?;
    flow.solve(solver, &x, &mut |_: usize, like: &Tensor| Ok(like.zeros_like()?))?;
    Ok(SolverConfig { name: flow.chosen(solver.name)?, ..solver.clone() })
}

impl Method {
    fn of(solver: &SolverConfig) -> Self {
        match solver.name {
            SolverName::Auto | SolverName::Euler => Self::Velocity(&Euler),
            SolverName::Heun => Self::Velocity(&Heun),
            SolverName::Midpoint => Self::Velocity(&Midpoint),
            SolverName::Rk4 => Self::Velocity(&Rk4),
            SolverName::Dopri5 => {
                let default = Adaptive::default();
                let relative_tolerance = solver.tolerance.unwrap_or(default.relative_tolerance);
                let absolute_tolerance = solver.tolerance.unwrap_or(default.absolute_tolerance);
                Self::Adaptive(Adaptive { relative_tolerance, absolute_tolerance, ..default })
            }
            SolverName::Dpmpp2m => Self::Path(Box::new(DpmSolver)),
            SolverName::Ddim => Self::Path(Box::new(Ddim { eta: solver.eta.unwrap_or(0.0) })),
            SolverName::Edm => {
                Self::Path(Box::new(EdmHeun { churn: solver.churn.map(Churn::from) }))
            }
            SolverName::EulerMaruyama => {
                let scale = solver.noise_scale.unwrap_or(1.0);
                let diffusion = Diffusion::SourceVariance { scale };
                Self::Path(Box::new(EulerMaruyama { diffusion }))
            }
            SolverName::Bridge => Self::Path(Box::new(BridgePosterior)),
        }
    }
}

/// The time next to the end `time` of a path at which the log-SNR is as large as a grid may have it;
/// `None` where it is finite at the end itself.
fn time_within(path: &dyn GaussianPath, time: f64) -> Result<Option<f64>> {
    let log_snr = path.log_snr(&Tensor::new(&[time], &Device::Cpu)?)?.get(0)?.to_scalar::<f64>()?;
    if log_snr.is_finite() {
        return Ok(None);
    }
    let limit = Tensor::new(&[LARGEST_LOG_SNR.copysign(log_snr)], &Device::Cpu)?;
    Ok(Some(path.time_at_log_snr(&limit)?.get(0)?.to_scalar::<f64>()?))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use realuid_paths::{BrownianBridge, Ddpm, Linear, VarianceExploding};

    use super::*;

    fn solve<P: GaussianPath>(path: &P, config: &SolverConfig) -> Result<(f64, usize)> {
        // All data at 0.8, so every solver that fits the path ends there.
        let field = |x: &Tensor, _: &Tensor| Ok((x.ones_like()? * 0.8)?);
        let (heads, time) = (Prediction::Data.into(), path.times().source);
        let flow = Flow { path, gaussian: Some(path), field: &field, heads, start: time };
        let start = Tensor::new(&[[0.3, -1.2]], &Device::Cpu)?;
        let mut noise = |_: usize, like: &Tensor| Ok((like.ones_like()? * 0.5)?);
        let end = flow.solve(config, &start, &mut noise)?;
        let off = (end.x - 0.8)?.abs()?.max_all()?.to_scalar::<f64>()?;
        Ok((off, end.evaluations))
    }

    fn config(name: SolverName) -> SolverConfig {
        SolverConfig { name, steps: 12, ..SolverConfig::default() }
    }

    #[test]
    fn solvers_end_at_the_data_in_the_evaluations_they_promise() {
        use SolverName::{Ddim, Dpmpp2m, Edm, Euler, Heun, Midpoint};
        for (name, evaluations) in
            [(Euler, 12), (Heun, 23), (Midpoint, 24), (Ddim, 12), (Dpmpp2m, 12)]
        {
            let (off, count) = solve(&Linear, &config(name)).unwrap();
            assert!(off < 1e-12 && count == evaluations, "{name:?}: {off}, {count}");
        }
        let levels = VarianceExploding::new(80.0).unwrap();
        for (name, evaluations) in [(Edm, 23), (Ddim, 12), (Dpmpp2m, 12)] {
            let (off, count) = solve(&levels, &config(name)).unwrap();
            assert!(off < 1e-12 && count == evaluations, "{name:?}: {off}, {count}");
        }
        // The last step of a discrete path still has noise: one more evaluation removes it.
        let discrete = Ddpm::linear(1e-4, 0.02, 100).unwrap();
        let (off, count) = solve(&discrete, &config(Ddim)).unwrap();
        assert!(off < 1e-12 && count == 13, "{off}, {count}");
    }

    #[test]
    fn a_solver_that_does_not_fit_the_path_is_an_error() {
        let message = |name| solve(&Linear, &config(name)).unwrap_err().to_string();
        assert!(message(SolverName::Edm).contains("noise levels"));
        assert!(message(SolverName::Bridge).contains("expected a bridge"));
        let path = BrownianBridge::new(0.5).unwrap();
        let field = |x: &Tensor, _: &Tensor| Ok(x.clone());
        let heads = Prediction::Data.into();
        let flow = Flow { path: &path, gaussian: None, field: &field, heads, start: 1.0 };
        let start = Tensor::new(&[[0.3, -1.2]], &Device::Cpu).unwrap();
        let mut noise = |_: usize, like: &Tensor| Ok(like.clone());
        for name in SolverName::value_variants() {
            let outcome = flow.solve(&config(*name), &start, &mut noise);
            let fits = [SolverName::Auto, SolverName::Bridge].contains(name);
            assert_eq!(outcome.is_ok(), fits, "{name:?}");
        }
    }
}
