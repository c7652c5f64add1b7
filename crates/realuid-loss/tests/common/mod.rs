//! Branches for the tests: made of formula tensors, or of Gaussians on the line.
#![allow(dead_code, reason = "each test file uses its part")]

use candle_core::{Device, Tensor, Var};
use realuid_loss::{Branch, Branches};
use realuid_testkit::formula_normal;

pub fn scalar(tensor: &Tensor) -> f64 {
    tensor.to_scalar().unwrap()
}

/// A column [n, 1] of f64.
pub fn column(values: Vec<f64>) -> Tensor {
    let count = values.len();
    Tensor::from_vec(values, (count, 1), &Device::Cpu).unwrap()
}

/// The six tensors of two branches, [4, 3, 2], as variables: generated then real, each teacher,
/// fake, target.
pub fn variables() -> Vec<Var> {
    ["gt", "gf", "gy", "rt", "rf", "ry"]
        .iter()
        .map(|name| Var::from_tensor(&formula_normal(name, (4, 3, 2)).unwrap()).unwrap())
        .collect()
}

pub fn branches(tensors: &[Tensor]) -> Branches {
    let branch = |k: usize| Branch {
        teacher: Some(tensors[k].clone()),
        fake: tensors[k + 1].clone(),
        target: tensors[k + 2].clone(),
    };
    let real = (tensors.len() == 6).then(|| branch(3));
    Branches { generated: branch(0), real, weight: None }
}

pub fn tracked(variables: &[Var]) -> Vec<Tensor> {
    variables.iter().map(|v| v.as_tensor().clone()).collect()
}
