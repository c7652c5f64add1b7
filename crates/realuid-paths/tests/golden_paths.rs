//! Every path with golden numbers: coefficients, points and targets in f64.

mod common;

use common::fixture;
use realuid_paths::{
    BrownianBridge, Cosine, Ends, Gvp, Interpolant, Linear, Prediction, StochasticInterpolant,
    VarianceExploding, VpLinear,
};
use realuid_testkit::assert_close;

fn check(name: &str, path: &dyn Interpolant) {
    let golden = fixture(name);
    let tensor = |name: &str| golden.tensor(name).unwrap();
    let t = tensor("t");
    let ends = Ends {
        data: tensor("data").clone(),
        source: tensor("source").clone(),
        latent: Some(tensor("latent").clone()),
    };
    let k = path.coefficients(t).unwrap();
    for (found, expected) in [
        (&k.data, "a"),
        (&k.source, "b"),
        (&k.latent, "c"),
        (&k.data_rate, "da"),
        (&k.source_rate, "db"),
        (&k.latent_rate, "dc"),
    ] {
        assert_close(found, tensor(expected), 1e-12);
    }
    assert_close(&path.interpolate(&ends, t).unwrap(), tensor("x_t"), 1e-12);
    for (prediction, expected) in [
        (Prediction::Velocity, "velocity"),
        (Prediction::Score, "score"),
        (Prediction::Data, "data"),
        (Prediction::Source, "source"),
    ] {
        assert_close(&path.target(prediction, &ends, t).unwrap(), tensor(expected), 1e-12);
    }
    if golden.tensor_names().contains(&"v") {
        assert_close(&path.target(Prediction::V, &ends, t).unwrap(), tensor("v"), 1e-12);
    }
}

#[test]
fn linear() {
    check("paths/linear", &Linear);
}

#[test]
fn gvp() {
    check("paths/gvp", &Gvp);
}

#[test]
fn cosine() {
    check("paths/cosine", &Cosine);
}

#[test]
fn variance_exploding() {
    check("paths/variance-exploding", &VarianceExploding::new(80.0).unwrap());
}

/// A number among the parameters of a fixture.
fn parameter(name: &str, parameter: &str) -> f64 {
    fixture(name).description["params"][parameter].as_f64().unwrap()
}

#[test]
fn vp_linear() {
    let beta = |end| parameter("paths/vp-linear", end);
    check("paths/vp-linear", &VpLinear::new(beta("beta_min"), beta("beta_max")).unwrap());
}

#[test]
fn brownian_bridge() {
    let epsilon = parameter("paths/brownian-bridge", "epsilon");
    check("paths/brownian-bridge", &BrownianBridge::new(epsilon).unwrap());
}

#[test]
fn stochastic_interpolant() {
    let golden = fixture("paths/stochastic-interpolant");
    let gamma = golden.description["params"]["gamma"].as_str().unwrap().parse().unwrap();
    check("paths/stochastic-interpolant", &StochasticInterpolant::new(gamma).unwrap());
}
