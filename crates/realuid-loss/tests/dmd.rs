//! Distribution matching distillation against the Kullback-Leibler divergence of Gaussians.

mod common;

use candle_core::{Device, Tensor, Var};
use common::{branches, column, scalar, tracked, variables};
use realuid_loss::{Branch, Branches, Dmd, Objective, data_normaliser, matching_loss};
use realuid_testkit::assert_close;

/// Coefficients of data and noise.
const A: f64 = 0.6;
const B: f64 = 0.8;
const TEACHER: [f64; 2] = [-0.3, 1.2];
const GENERATOR: [f64; 2] = [0.7, 0.5];

/// Variance of x_t for data of deviation `std`.
fn variance(std: f64) -> f64 {
    (A * std).powi(2) + B * B
}

/// E[data | x_t] for data N(mean, std^2).
fn data_prediction([mean, std]: [f64; 2], x: &Tensor) -> Tensor {
    let slope = A * std * std / variance(std);
    x.affine(slope, mean - slope * A * mean).unwrap()
}

/// Derivatives by mean and deviation of the divergence of the generator's x_t from the teacher's.
fn divergence_gradient() -> [f64; 2] {
    let ([mean, std], [teacher_mean, teacher_std]) = (GENERATOR, TEACHER);
    let (own, other) = (variance(std), variance(teacher_std));
    [A * A * (mean - teacher_mean) / other, A * A * std * (1.0 / other - 1.0 / own)]
}

#[test]
fn the_generators_gradient_is_that_of_the_divergence() {
    // The mean over z, e = +-1 is exact for polynomials of degree 3 in two normal variables, and the
    // gradient is one of degree 2 once the weight has taken the normaliser out.
    let (z, e) = (column(vec![1.0, 1.0, -1.0, -1.0]), column(vec![1.0, -1.0, 1.0, -1.0]));
    let [mean, std] = GENERATOR.map(|value| Var::new(&[[value]], &Device::Cpu).unwrap());
    let data = z.broadcast_mul(&std).unwrap().broadcast_add(&mean).unwrap();
    let x = ((&data * A).unwrap() + (e * B).unwrap()).unwrap();
    let teacher = data_prediction(TEACHER, &x);
    let normaliser = data_normaliser(&teacher, &data).unwrap();
    let weight = (normaliser.recip().unwrap() * (A / B).powi(2)).unwrap();
    let generated =
        Branch { fake: data_prediction(GENERATOR, &x), teacher: Some(teacher), target: data };
    let branches = Branches { generated, real: None, weight: Some(weight) };
    let gradients = Dmd.generator_loss(&branches).unwrap().total.backward().unwrap();
    for (parameter, expected) in [mean, std].iter().zip(divergence_gradient()) {
        let found =
            scalar(&gradients.get(parameter).unwrap().squeeze(0).unwrap().squeeze(0).unwrap());
        assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
    }
}

#[test]
fn the_step_of_each_item_is_normalised_and_weighted() {
    let inputs = variables();
    let [teacher, fake, target] = [&inputs[0], &inputs[1], &inputs[2]];
    let mut branches = branches(&tracked(&inputs[..3]));
    let weight = Tensor::new(&[1.0, 0.5, 0.0, 3.0], &Device::Cpu).unwrap();
    branches.weight = Some(weight.clone());
    let gradients = Dmd.generator_loss(&branches).unwrap().total.backward().unwrap();
    assert!(gradients.get(teacher).is_none() && gradients.get(fake).is_none());
    let error = (target.as_tensor() - teacher.as_tensor()).unwrap().abs().unwrap();
    let error = error.mean_keepdim((1, 2)).unwrap();
    let direction = (fake.as_tensor() - teacher.as_tensor()).unwrap();
    let expected = direction.broadcast_div(&error).unwrap();
    let expected = expected.broadcast_mul(&weight.reshape((4, 1, 1)).unwrap()).unwrap();
    assert_close(gradients.get(target).unwrap(), &(expected / 4.0).unwrap(), 1e-13);
}

#[test]
fn the_fake_model_matches_the_generated_samples() {
    let inputs = variables();
    let branches = branches(&tracked(&inputs));
    assert!(!Dmd.fake_needs_teacher());
    let loss = Dmd.fake_loss(&branches).unwrap();
    let expected = matching_loss(&inputs[1], &inputs[2], None).unwrap();
    assert!((scalar(&loss.total) - scalar(&expected)).abs() < 1e-13);
    let gradients = loss.total.backward().unwrap();
    let expected = expected.backward().unwrap();
    assert_close(gradients.get(&inputs[1]).unwrap(), expected.get(&inputs[1]).unwrap(), 1e-13);
    for constant in [0, 2, 3, 4, 5] {
        assert!(gradients.get(&inputs[constant]).is_none(), "input {constant}");
    }
}

#[test]
fn the_generator_needs_a_teacher() {
    let mut branches = branches(&tracked(&variables()[..3]));
    branches.generated.teacher = None;
    let message = Dmd.generator_loss(&branches).unwrap_err().to_string();
    assert!(
        message.contains("distribution matching") && message.contains("found none"),
        "{message}"
    );
}
