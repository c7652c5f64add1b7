//! Convolutions, alone and with their neighbours.

use candle_core::{DType, Tensor, Var};
use realuid_ops::{Conv2dConfig, Convolution, GroupNorm, Result, Value, conv2d, on_tape};

use crate::support::{compare, gpu, normal};
use Neighbour::{Doubling, Modulation, Norm, PerImage, Residual};

const SAME: Conv2dConfig = Conv2dConfig { stride: 1, padding: 1 };

/// x [2, 7, 5, channels], with weight and bias of `filters`.
fn arguments(channels: usize, filters: usize, kernel: usize) -> (Tensor, [Tensor; 2]) {
    let weight = normal("weight", &[filters, channels, kernel, kernel]);
    (normal("x", &[2, 7, 5, channels]), [weight, normal("bias", &[filters])])
}

#[test]
fn every_geometry_is_that_of_the_cpu() {
    for (kernel, stride, padding) in [(3, 1, 1), (1, 1, 0), (3, 2, 1), (2, 2, 0), (5, 3, 2)] {
        for (channels, filters) in [(8, 16), (3, 8), (8, 3), (6, 5)] {
            let (x, parameters) = arguments(channels, filters, kernel);
            let config = Conv2dConfig { stride, padding };
            compare(&[x], &parameters, |x, _, p| conv2d(x, &p[0], Some(&p[1]), config));
        }
    }
}

#[test]
fn more_pixels_than_one_block_are_summed() {
    let weight = normal("weight", &[4, 8, 1, 1]);
    let parameters = [weight, normal("bias", &[4])];
    compare(&[normal("x", &[2, 47, 31, 8])], &parameters, |x, _, p| {
        conv2d(x, &p[0], Some(&p[1]), Conv2dConfig::default())
    });
}

/// What stands beside a convolution and is computed with it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Neighbour {
    Norm,
    /// Of the norm, so never without one.
    Modulation,
    Doubling,
    PerImage,
    Residual,
}

/// The convolution beside `neighbours` with `parameters`: weight, bias, and those of the norm if
/// there is one; `others`: modulation, value per image and residual, as far as there are such.
fn apply(
    neighbours: &[Neighbour],
    x: &Value,
    others: &[Value],
    parameters: &[Tensor],
) -> Result<Value> {
    let has = |neighbour| neighbours.contains(&neighbour);
    let norm = has(Norm).then(|| GroupNorm {
        weight: parameters[2].clone(),
        bias: parameters[3].clone(),
        groups: 2,
        eps: 1e-5,
    });
    let mut others = others.iter();
    let mut next = |neighbour| has(neighbour).then(|| others.next().expect("an activation"));
    let mut convolution = Convolution::new(&parameters[0], Some(&parameters[1]), SAME);
    let modulation = next(Modulation);
    if let Some(norm) = &norm {
        convolution = convolution.after_norm_silu(norm, modulation);
    }
    if has(Doubling) {
        convolution = convolution.after_doubling();
    }
    if let Some(per_image) = next(PerImage) {
        convolution = convolution.plus_per_image(per_image);
    }
    if let Some(residual) = next(Residual) {
        convolution = convolution.plus(residual);
    }
    convolution.apply(x)
}

/// Compares results and gradients of the convolution beside `neighbours` with those of the CPU.
fn compare_beside(neighbours: &[Neighbour], channels: usize, filters: usize) {
    let has = |neighbour| neighbours.contains(&neighbour);
    let (x, parameters) = arguments(channels, filters, 3);
    let mut parameters = parameters.to_vec();
    if has(Norm) {
        parameters.extend(["norm weight", "norm bias"].map(|name| normal(name, &[channels])));
    }
    let factor = if has(Doubling) { 2 } else { 1 };
    let mut activations = vec![x];
    if has(Modulation) {
        activations.push(normal("modulation", &[2, 2 * channels]));
    }
    if has(PerImage) {
        activations.push(normal("per image", &[2, filters]));
    }
    if has(Residual) {
        activations.push(normal("residual", &[2, 7 * factor, 5 * factor, filters]));
    }
    compare(&activations, &parameters, |x, others, p| apply(neighbours, x, others, p));
}

#[test]
fn every_neighbour_alone_is_that_of_the_cpu() {
    let all: [&[Neighbour]; 5] =
        [&[Norm], &[Norm, Modulation], &[Doubling], &[PerImage], &[Residual]];
    for neighbours in all {
        for (channels, filters) in [(8, 16), (6, 3)] {
            compare_beside(neighbours, channels, filters);
        }
    }
}

#[test]
fn all_neighbours_together_are_those_of_the_cpu() {
    let all: [&[Neighbour]; 4] = [
        &[Norm, PerImage, Residual],
        &[Norm, Doubling, PerImage, Residual],
        &[Norm, Modulation, PerImage, Residual],
        &[Norm, Modulation, Doubling, PerImage, Residual],
    ];
    for neighbours in all {
        for (channels, filters) in [(16, 8), (6, 5)] {
            compare_beside(neighbours, channels, filters);
        }
    }
}

/// The gradient that alone is wanted is the one that comes with all others.
#[test]
fn what_is_frozen_changes_no_gradient_of_the_rest() {
    let Some(gpu) = gpu() else { return };
    let (x, [weight, bias]) = arguments(8, 8, 3);
    let rest = [normal("norm weight", &[8]), normal("norm bias", &[8])];
    let others = [normal("per image", &[2, 8]), normal("residual", &[2, 7, 5, 8])];
    let all: Vec<Tensor> = [x, weight, bias].into_iter().chain(rest).chain(others).collect();
    let all: Vec<Tensor> = all.iter().map(|x| x.to_device(&gpu).unwrap()).collect();
    // Gradients of the inputs that `wanted` names.
    let gradients = |wanted: &dyn Fn(usize) -> bool| -> Vec<Option<Vec<f32>>> {
        let inputs: Vec<Var> = all.iter().map(|x| Var::from_tensor(x).unwrap()).collect();
        let given = |i: usize| {
            let tensor = inputs[i].as_tensor();
            if wanted(i) { tensor.clone() } else { tensor.detach() }
        };
        let parameters = [1, 2, 3, 4].map(given);
        let y = on_tape(&given(0), |x| {
            let others = [x.join(&given(5))?, x.join(&given(6))?];
            apply(&[Norm, PerImage, Residual], x, &others, &parameters)
        });
        let loss = y.unwrap().sqr().unwrap().sum_all().unwrap();
        assert_eq!(loss.dtype(), DType::F32);
        let found = loss.backward().unwrap();
        let read = |x: &Var| {
            let gradient = found.get(x)?;
            Some(gradient.flatten_all().unwrap().to_vec1().unwrap())
        };
        inputs.iter().map(read).collect()
    };
    let expected = gradients(&|_| true);
    for one in 0..all.len() {
        let found = gradients(&|i| i == one);
        for (i, found) in found.into_iter().enumerate() {
            assert_eq!(found.is_some(), i == one, "input {i} where {one} is wanted");
            assert!(found.is_none() || found == expected[i], "input {i}");
        }
    }
}
