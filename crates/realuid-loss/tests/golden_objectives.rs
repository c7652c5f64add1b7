//! Every golden objective: values and all gradients in f64.

mod common;

use std::path::Path;

use candle_core::{Tensor, Var};
use common::{branches, scalar, tracked};
use realuid_loss::{Loss, Objective, RealUid};
use realuid_testkit::{Fixture, assert_close, find_fixtures};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    alpha: f64,
    beta: f64,
    gamma: f64,
    kappa: f64,
    generator_loss: f64,
    fake_loss: f64,
}

const NAMES: [&str; 6] =
    ["teacher_gen", "fake_gen", "target_gen", "teacher_real", "fake_real", "target_real"];

fn load(fixture: &Fixture) -> Vec<Var> {
    NAMES.iter().map(|name| Var::from_tensor(fixture.tensor(name).unwrap()).unwrap()).collect()
}

/// Gradients of the loss must be the golden ones where there are any, and absent elsewhere.
fn check_gradients(fixture: &Fixture, side: &str, loss: &Loss, inputs: &[Var]) {
    let gradients = loss.total.backward().unwrap();
    for (name, input) in NAMES.iter().zip(inputs) {
        match (fixture.tensor(&format!("{side}.grad.{name}")), gradients.get(input)) {
            (Ok(expected), Some(found)) => assert_close(found, expected, 1e-13),
            (Ok(expected), None) => assert_close(&expected.zeros_like().unwrap(), expected, 0.0),
            (Err(_), found) => assert!(found.is_none(), "{side}: gradient to {name}"),
        }
    }
}

fn check_value(loss: &Loss, expected: f64) {
    let off = (scalar(&loss.total) - expected).abs();
    assert!(off < 1e-13 * expected.abs().max(1.0), "off by {off:e}");
    let terms: f64 = loss.terms.iter().map(|(_, term)| scalar(term)).sum();
    assert!((terms - expected).abs() < 1e-12 * expected.abs().max(1.0), "terms add up to {terms}");
}

#[test]
fn values_and_gradients_of_every_fixture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/losses");
    let mut seen = 0;
    for fixture in find_fixtures(&root).unwrap() {
        let Ok(golden) = fixture.parse::<Golden>() else { continue };
        seen += 1;
        let objective = RealUid::new(golden.alpha, golden.beta)
            .and_then(|o| o.with_gamma(golden.gamma))
            .and_then(|o| o.with_kappa(golden.kappa))
            .unwrap();
        let inputs = load(&fixture);
        let tensors: Vec<Tensor> = tracked(&inputs);

        let fake = objective.fake_loss(&branches(&tensors)).unwrap();
        check_value(&fake, golden.fake_loss);
        check_gradients(&fixture, "fake", &fake, &inputs);

        let generator = objective.generator_loss(&branches(&tensors[..3])).unwrap();
        check_value(&generator, golden.generator_loss);
        check_gradients(&fixture, "generator", &generator, &inputs);
    }
    assert_eq!(seen, 9);
}
