//! Every path with golden numbers: coefficients, points and targets in f64.

mod common;

use common::{BrownianBridge, VarianceExploding, fixture};
use realuid_paths::{Ends, Interpolant, Linear, Prediction};
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
fn variance_exploding() {
    check("paths/variance-exploding", &VarianceExploding);
}

#[test]
fn brownian_bridge() {
    let golden = fixture("paths/brownian-bridge");
    let epsilon = golden.description["params"]["epsilon"].as_f64().unwrap();
    check("paths/brownian-bridge", &BrownianBridge { epsilon });
}
