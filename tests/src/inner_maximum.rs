//! What the best fake model is worth, for Gaussians on the line.

use candle_core::{Device, Tensor};
use realuid_loss::{Branch, Branches, Objective, RealUid};
use realuid_testkit::{Fixture, GaussianDistillation, Normal, PathPoint};
use serde::Deserialize;

use crate::Result;
use crate::checks::{Checks, Tolerance};

#[derive(Deserialize)]
struct Golden {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    coefficients: [f64; 3],
    target: [f64; 3],
    alpha: f64,
    beta: f64,
    gamma: f64,
    generator: [f64; 2],
    data: [f64; 2],
    distance: f64,
}

/// Each row twice: the closed-form integral, and the objective of `realuid-loss` at the best fake
/// model by quadrature.
pub(crate) fn compare(fixture: &Fixture, checks: &mut Checks) -> Result<()> {
    // A perfect generator is worth exactly nothing: below 1e-2 the error allowed is absolute.
    let tolerance = Tolerance { floor: 1e-2, ..Tolerance::DOUBLE };
    let golden: Golden = fixture.parse()?;
    for (index, row) in golden.rows.iter().enumerate() {
        let problem = row.problem();
        let integral = problem.distance();
        checks.number(&format!("rows[{index}].integral"), integral, row.distance, tolerance);
        let objective = objective_at_best(&problem)?;
        checks.number(&format!("rows[{index}].objective"), objective, row.distance, tolerance);
    }
    Ok(())
}

impl Row {
    fn problem(&self) -> GaussianDistillation {
        let normal = |[mean, std]: [f64; 2]| Normal { mean, std };
        GaussianDistillation {
            path: PathPoint { point: self.coefficients, target: self.target },
            generator: normal(self.generator),
            data: normal(self.data),
            alpha: self.alpha,
            beta: self.beta,
            gamma: self.gamma,
        }
    }
}

/// J at the best fake model: its two lines by the trapezoidal rule, each over its own marginal.
///
/// The branches of an objective share their weights, so each line is computed alone: beside it
/// stands a branch in which fake model and teacher agree, which contributes nothing.
fn objective_at_best(problem: &GaussianDistillation) -> Result<f64> {
    let objective = RealUid::new(problem.alpha, problem.beta)?.with_gamma(problem.gamma)?;
    let grid = Grid::of(problem);
    let line = |generated: Branch, real: Branch, end: Normal| -> Result<f64> {
        let weight = Some(grid.weights(problem.path.marginal(end))?);
        let loss = objective.fake_loss(&Branches { generated, real: Some(real), weight })?;
        Ok(-loss.total.to_scalar::<f64>()?)
    };
    let best = |x: f64| problem.best_difference(x);
    let agree = |_: f64| 0.0;
    let (generator, data) = (problem.generator, problem.data);
    let generated = line(
        grid.branch(problem, generator, best)?,
        grid.branch(problem, data, agree)?,
        generator,
    )?;
    let real =
        line(grid.branch(problem, generator, agree)?, grid.branch(problem, data, best)?, data)?;
    Ok(generated + real)
}

/// Evenly spaced points that cover both marginals.
struct Grid {
    points: Vec<f64>,
    step: f64,
}

impl Grid {
    fn of(problem: &GaussianDistillation) -> Self {
        // What lies outside 12 deviations is below 1e-32, and the error of the trapezoidal rule at
        // 32 points a deviation is smaller still.
        const DEVIATIONS: f64 = 12.0;
        const POINTS_PER_DEVIATION: f64 = 32.0;
        let marginals = [problem.generator, problem.data].map(|end| problem.path.marginal(end));
        let low = marginals.iter().map(|m| m.mean - DEVIATIONS * m.std).fold(f64::MAX, f64::min);
        let high = marginals.iter().map(|m| m.mean + DEVIATIONS * m.std).fold(f64::MIN, f64::max);
        let step = marginals[0].std.min(marginals[1].std) / POINTS_PER_DEVIATION;
        let count = ((high - low) / step).ceil() as usize;
        Self { points: (0..=count).map(|k| low + k as f64 * step).collect(), step }
    }

    /// The fake model teacher + `difference` on the grid, [N, 1], where the data end is `end`; each
    /// target is replaced by its conditional mean, since the objective is linear in it.
    fn branch(
        &self,
        problem: &GaussianDistillation,
        end: Normal,
        difference: impl Fn(f64) -> f64,
    ) -> Result<Branch> {
        let teacher = |x: f64| problem.path.field(problem.data, x);
        Ok(Branch {
            teacher: Some(self.column(teacher)?),
            fake: self.column(|x| teacher(x) + difference(x))?,
            target: self.column(|x| problem.path.field(end, x))?,
        })
    }

    /// Weights `[N]` that turn the mean over the grid into the expectation under `marginal`.
    fn weights(&self, marginal: Normal) -> Result<Tensor> {
        let scale = self.step * self.points.len() as f64;
        Ok(self.column(|x| marginal.log_density(x).exp() * scale)?.squeeze(1)?)
    }

    fn column(&self, function: impl Fn(f64) -> f64) -> Result<Tensor> {
        let values: Vec<f64> = self.points.iter().map(|x| function(*x)).collect();
        Ok(Tensor::from_vec(values, (self.points.len(), 1), &Device::Cpu)?)
    }
}
