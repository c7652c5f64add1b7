//! Values and gradients of RealUID on given predictions and targets.

use candle_core::{Tensor, Var};
use realuid_loss::{Branch, Branches, Loss, Objective, RealUid};
use realuid_testkit::Fixture;
use serde::Deserialize;

use crate::checks::{Checks, Tolerance};
use crate::run::Outcome;
use crate::{Result, inner_maximum};

#[derive(Deserialize)]
struct Golden {
    alpha: f64,
    beta: f64,
    gamma: f64,
    kappa: f64,
    generator_loss: f64,
    fake_loss: f64,
}

/// One given tensor, and the variable made of it.
struct Input {
    name: &'static str,
    var: Var,
}

const NAMES: [&str; 6] =
    ["teacher_gen", "fake_gen", "target_gen", "teacher_real", "fake_real", "target_real"];

/// Fixtures with `rows` are about the inner maximum, the others about given tensors.
pub(crate) fn compare(fixture: &Fixture) -> Result<Outcome> {
    let mut checks = Checks::default();
    if fixture.description.get("rows").is_some() {
        inner_maximum::compare(fixture, &mut checks)?;
    } else {
        objective(fixture, &mut checks)?;
    }
    Ok(Outcome::Compared(checks))
}

fn objective(fixture: &Fixture, checks: &mut Checks) -> Result<()> {
    let golden: Golden = fixture.parse()?;
    let objective = RealUid::new(golden.alpha, golden.beta)?
        .with_gamma(golden.gamma)?
        .with_kappa(golden.kappa)?;
    let inputs: Vec<Input> = NAMES
        .into_iter()
        .map(|name| Ok(Input { name, var: Var::from_tensor(fixture.tensor(name)?)? }))
        .collect::<Result<_>>()?;
    let branches = branches(&inputs);

    let fake = objective.fake_loss(&branches)?;
    checks.number("fake_loss", value(&fake)?, golden.fake_loss, Tolerance::DOUBLE);
    gradients(fixture, checks, "fake", &fake, &inputs)?;

    let generator = objective.generator_loss(&branches)?;
    checks.number("generator_loss", value(&generator)?, golden.generator_loss, Tolerance::DOUBLE);
    gradients(fixture, checks, "generator", &generator, &inputs)
}

fn branches(inputs: &[Input]) -> Branches {
    let branch = |first: usize| {
        let tensor = |index: usize| inputs[first + index].var.as_tensor().clone();
        Branch { teacher: Some(tensor(0)), fake: tensor(1), target: tensor(2) }
    };
    Branches { generated: branch(0), real: Some(branch(3)), weight: None }
}

/// Every stored gradient must be met, and what has none must be left alone by the loss.
fn gradients(
    fixture: &Fixture,
    checks: &mut Checks,
    side: &str,
    loss: &Loss,
    inputs: &[Input],
) -> Result<()> {
    let gradients = loss.total.backward()?;
    let stored = fixture.tensor_names();
    for Input { name, var } in inputs {
        let what = format!("{side}.grad.{name}");
        let expected = if stored.contains(&what.as_str()) {
            fixture.tensor(&what)?.clone()
        } else {
            var.zeros_like()?
        };
        let found: Tensor = match gradients.get(var) {
            Some(gradient) => gradient.clone(),
            None => var.zeros_like()?,
        };
        checks.elements(&what, &found, &expected, Tolerance::DOUBLE)?;
    }
    Ok(())
}

fn value(loss: &Loss) -> Result<f64> {
    Ok(loss.total.to_scalar::<f64>()?)
}
