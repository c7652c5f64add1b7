//! Outputs and gradients of networks on formula parameters.

use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor, Var};
use realuid_models::{Condition, NetworkConfig};
use realuid_ops::Parameters;
use realuid_testkit::{Fixture, formula_parameter};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::checks::{Checks, Tolerance};
use crate::run::Outcome;
use crate::{Error, Result};

#[derive(Deserialize)]
struct Golden {
    architecture: String,
    config: Value,
    parameter_count: usize,
    parameters: Vec<GoldenParameter>,
    grad_norms: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct GoldenParameter {
    name: String,
    shape: Vec<usize>,
    formula: bool,
}

const OUTPUT: Tolerance = Tolerance::relative(1e-4);
const GRADIENT: f64 = 5e-4;

/// Names, shapes, output, and every gradient that is stored, whole or as its norm.
pub(crate) fn compare(fixture: &Fixture, device: &Device) -> Result<Outcome> {
    // Before the rest is read: what else is stored is the architecture's own.
    let architecture = fixture.description["architecture"].as_str();
    if architecture.is_some_and(|name| name != "adm-unet") {
        let name = architecture.unwrap_or_default();
        return Ok(Outcome::Missing(format!("architecture {name:?} is not implemented")));
    }
    let golden: Golden = fixture.parse()?;
    let config = network_config(&golden.architecture, &golden.config)?;
    let mut checks = Checks::default();
    if !compare_parameters(&config, &golden, &mut checks)? {
        return Ok(Outcome::Compared(checks));
    }
    let parameters = formula_parameters(&config, "", device)?;
    let x = Var::from_tensor(fixture.tensor("x")?)?;
    let network = config.build_trainable(&parameters)?;
    let out = network.forward(x.as_tensor(), fixture.tensor("t")?, &condition(fixture)?)?;
    checks.elements("out", &out, fixture.tensor("out")?, OUTPUT)?;
    let gradients = (out * fixture.tensor("cotangent")?)?.sum_all()?.backward()?;
    let found = Found { input: x.as_tensor(), parameters: &parameters, gradients };
    compare_gradients(fixture, &golden, &found, &mut checks)?;
    Ok(Outcome::Compared(checks))
}

/// The configuration of an ADM UNet with torchcfm's arguments `arguments`.
pub(crate) fn network_config(architecture: &str, arguments: &Value) -> Result<NetworkConfig> {
    let mut table = arguments.clone();
    let Some(fields) = table.as_object_mut() else {
        return Err(Error::malformed("a table of arguments", arguments.to_string()));
    };
    fields.insert("architecture".into(), json!(architecture));
    serde_json::from_value(table)
        .map_err(|e| Error::malformed(format!("arguments of {architecture}"), e.to_string()))
}

/// The formula tensor of every parameter, drawn under its name after `prefix`.
pub(crate) fn formula_parameters(
    config: &NetworkConfig,
    prefix: &str,
    device: &Device,
) -> Result<Parameters> {
    let tensors = config
        .parameter_shapes()?
        .into_iter()
        .map(|(name, shape)| {
            let values = formula_parameter(&format!("{prefix}{name}"), &name, &shape)?;
            Ok((name, values.to_device(device)?))
        })
        .collect::<Result<BTreeMap<_, _>>>()?;
    Ok(Parameters::from_tensors(&tensors)?)
}

/// Whether names, shapes and count are those of the fixture; without that nothing else can be.
fn compare_parameters(
    config: &NetworkConfig,
    golden: &Golden,
    checks: &mut Checks,
) -> Result<bool> {
    if let Some(parameter) = golden.parameters.iter().find(|parameter| !parameter.formula) {
        let found = format!("{} with values of its own, which are not stored", parameter.name);
        return Err(Error::malformed("formula parameters only", found));
    }
    let expected: BTreeMap<&str, &[usize]> =
        golden.parameters.iter().map(|p| (p.name.as_str(), p.shape.as_slice())).collect();
    let shapes = config.parameter_shapes()?;
    let found: BTreeMap<&str, &[usize]> =
        shapes.iter().map(|(name, shape)| (name.as_str(), shape.as_slice())).collect();
    let count: usize = shapes.values().map(|shape| shape.iter().product::<usize>()).sum();
    for name in expected.keys().chain(found.keys()) {
        let (expected, found) = (expected.get(name), found.get(name));
        if expected != found {
            checks.differs(name, &described(found), &described(expected));
            return Ok(false);
        }
    }
    if count != golden.parameter_count {
        let expected = golden.parameter_count.to_string();
        checks.differs("parameter_count", &count.to_string(), &expected);
    }
    Ok(true)
}

fn described(shape: Option<&&[usize]>) -> String {
    shape.map_or_else(|| "no such parameter".into(), |shape| format!("shape {shape:?}"))
}

fn condition(fixture: &Fixture) -> Result<Condition> {
    if !fixture.tensor_names().contains(&"y") {
        return Ok(Condition::none());
    }
    Ok(Condition::none().with_classes(fixture.tensor("y")?.to_dtype(DType::U32)?))
}

/// What the backward pass gave.
struct Found<'a> {
    input: &'a Tensor,
    parameters: &'a Parameters,
    gradients: GradStore,
}

impl Found<'_> {
    /// The gradient of the input `x` or of a parameter.
    fn gradient(&self, name: &str) -> Result<&Tensor> {
        let tensor = match self.parameters.get(name) {
            _ if name == "x" => self.input,
            Some(var) => var.as_tensor(),
            None => {
                return Err(Error::malformed(
                    "gradients of parameters",
                    format!("one of {name:?}"),
                ));
            }
        };
        self.gradients
            .get(tensor)
            .ok_or_else(|| Error::malformed(format!("a gradient of {name}"), "none computed"))
    }
}

fn compare_gradients(
    fixture: &Fixture,
    golden: &Golden,
    found: &Found<'_>,
    checks: &mut Checks,
) -> Result<()> {
    if golden.grad_norms.is_empty() {
        return Err(Error::malformed("norms of the parameters' gradients", "none"));
    }
    // Some gradients are zero in exact arithmetic: a bias before a normalisation over just its own
    // channel, or of the keys of an attention. In f32 such a sum leaves what rounding, 2^-24 of its
    // terms, has left of them, in PyTorch as here. So no gradient is asked to be closer than 2^-24 of
    // the whole; gradients that are not zero are far above the floor this puts under their norms.
    let whole = golden.grad_norms.values().map(|norm| norm * norm).sum::<f64>().sqrt();
    let floor = whole * 2.0_f64.powi(-24) / GRADIENT;
    let tolerance = Tolerance { relative: GRADIENT, floor };
    for stored in fixture.tensor_names() {
        if let Some(name) = stored.strip_prefix("grad.") {
            checks.norm(stored, found.gradient(name)?, fixture.tensor(stored)?, tolerance)?;
        }
    }
    for (name, expected) in &golden.grad_norms {
        let gradient = found.gradient(name)?.to_dtype(DType::F64)?;
        let norm = gradient.sqr()?.sum_all()?.to_scalar::<f64>()?.sqrt();
        checks.number(&format!("grad_norms.{name}"), norm, *expected, tolerance);
    }
    Ok(())
}
