//! Every ADM fixture below `tests/fixtures/networks`: torchcfm's numbers, on formula parameters.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Tensor, Var};
use realuid_models::{Condition, NetworkConfig};
use realuid_ops::Parameters;
use realuid_testkit::{Fixture, find_fixtures, formula_parameter, relative_norm_error};

const FORWARD: f64 = 1e-4;
const GRADIENT: f64 = 5e-4;

/// Some gradients are exactly zero in exact arithmetic (a bias in front of a normalisation with
/// one channel per group, whose mean removes it); both sides then hold nothing but rounding noise,
/// sums of large terms that cancel. So an error is allowed, besides its share of the tensor's own
/// norm, the precision of f32 times the norm of all gradients together.
const ROUNDING: f64 = f32::EPSILON as f64;

#[test]
fn outputs_and_gradients_are_those_of_torchcfm() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/networks");
    let mut checked = 0;
    for fixture in find_fixtures(&root).unwrap() {
        if fixture.description["architecture"] == "adm-unet" {
            check(&fixture);
            checked += 1;
        }
    }
    assert!(checked >= 5, "only {checked} fixtures of the ADM UNet found in {}", root.display());
}

/// Runs the fixtures below another folder; for fixtures too large to keep in the repository.
#[test]
#[ignore = "needs REALUID_FIXTURES, a folder of fixtures"]
fn outputs_and_gradients_of_fixtures_elsewhere() {
    let root = std::env::var("REALUID_FIXTURES").expect("REALUID_FIXTURES names a folder");
    for fixture in find_fixtures(Path::new(&root)).unwrap() {
        if fixture.description["architecture"] == "adm-unet" {
            check(&fixture);
        }
    }
}

fn check(fixture: &Fixture) {
    let config = network_config(fixture);
    let parameters = formula_parameters(fixture);
    assert_eq!(config.parameter_shapes().unwrap(), shapes(&parameters), "{}", fixture.name);

    let network = config.build_trainable(&parameters).unwrap();
    let x = Var::from_tensor(fixture.tensor("x").unwrap()).unwrap();
    let condition = match fixture.tensor("y") {
        Ok(y) => Condition::none().with_classes(y.to_dtype(DType::U32).unwrap()),
        Err(_) => Condition::none(),
    };
    let out = network.forward(&x, fixture.tensor("t").unwrap(), &condition).unwrap();
    let off = relative_norm_error(&out, fixture.tensor("out").unwrap());
    assert!(off < FORWARD, "{}: output off by {off:.1e}", fixture.name);

    let loss = (out * fixture.tensor("cotangent").unwrap()).unwrap().sum_all().unwrap();
    let gradients = loss.backward().unwrap();
    let gradient = |name: &str| match name {
        "x" => gradients.get(&x).unwrap().clone(),
        name => gradients.get(parameters.get(name).unwrap()).unwrap().clone(),
    };
    let floor = ROUNDING * total_norm(fixture);
    let mut worst = 0.0_f64;
    let mut compare = |what: &str, name: &str, error: f64, expected: f64| {
        let error = error / (GRADIENT * expected + floor);
        assert!(error < 1.0, "{}: {what} {name}: {error:.2} of what is allowed", fixture.name);
        worst = worst.max(error);
    };
    for name in fixture.tensor_names().into_iter().filter_map(|n| n.strip_prefix("grad.")) {
        let expected = fixture.tensor(&format!("grad.{name}")).unwrap();
        let error = norm(&(gradient(name) - expected).unwrap());
        compare("gradient of", name, error, norm(expected));
    }
    for (name, expected) in grad_norms(fixture) {
        let error = (norm(&gradient(&name)) - expected).abs();
        compare("norm of the gradient of", &name, error, expected);
    }
    println!("{}: output off by {off:.1e}, gradients by {worst:.1e} of the allowed", fixture.name);
}

fn network_config(fixture: &Fixture) -> NetworkConfig {
    let mut config = fixture.description["config"].clone();
    config["architecture"] = fixture.description["architecture"].clone();
    serde_json::from_value(config).unwrap()
}

fn formula_parameters(fixture: &Fixture) -> Parameters {
    let mut tensors = BTreeMap::new();
    for parameter in fixture.description["parameters"].as_array().unwrap() {
        let name = parameter["name"].as_str().unwrap();
        let shape: Vec<usize> = serde_json::from_value(parameter["shape"].clone()).unwrap();
        tensors.insert(name.to_owned(), formula_parameter(name, name, &shape).unwrap());
    }
    Parameters::from_tensors(&tensors).unwrap()
}

fn shapes(parameters: &Parameters) -> BTreeMap<String, Vec<usize>> {
    parameters.iter().map(|(name, var)| (name.to_owned(), var.dims().to_vec())).collect()
}

fn grad_norms(fixture: &Fixture) -> BTreeMap<String, f64> {
    serde_json::from_value(fixture.description["grad_norms"].clone()).unwrap()
}

fn total_norm(fixture: &Fixture) -> f64 {
    grad_norms(fixture).values().map(|n| n * n).sum::<f64>().sqrt()
}

fn norm(tensor: &Tensor) -> f64 {
    let square = tensor.to_dtype(DType::F64).unwrap().sqr().unwrap().sum_all().unwrap();
    square.to_scalar::<f64>().unwrap().sqrt()
}
