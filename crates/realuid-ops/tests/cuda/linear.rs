use candle_core::{DType, Tensor};
use realuid_ops::{linear, linear_plus, on_tape};

use crate::support::{compare, gpu, normal};

/// Normal values of a tenth: weights, so that results are about as large as their arguments.
fn weight(shape: &[usize]) -> Tensor {
    (normal("weight", shape) * 0.1).unwrap()
}

#[test]
fn a_linear_map_is_that_of_the_cpu() {
    for [rows, inputs, outputs] in [[1, 1, 1], [7, 5, 3], [256, 128, 64], [33, 64, 77]] {
        let parameters = [weight(&[outputs, inputs]), normal("bias", &[outputs])];
        compare(&[normal("x", &[rows, inputs])], &parameters, |x, _, parameters| {
            linear(x, &parameters[0], Some(&parameters[1]))
        });
    }
}

#[test]
fn a_residual_is_added() {
    for [batch, rows, inputs, outputs] in [[2, 64, 32, 48], [3, 5, 7, 9]] {
        let terms = [normal("x", &[batch, rows, inputs]), normal("r", &[batch, rows, outputs])];
        let parameters = [weight(&[outputs, inputs, 1]), normal("bias", &[outputs])];
        compare(&terms, &parameters, |x, others, parameters| {
            linear_plus(x, &parameters[0], Some(&parameters[1]), Some(&others[0]))
        });
        compare(&terms, &parameters[..1], |x, others, parameters| {
            linear_plus(x, &parameters[0], None, Some(&others[0]))
        });
    }
}

#[test]
fn a_map_without_terms_is_a_product() {
    compare(&[normal("x", &[10, 40])], &[weight(&[24, 40])], |x, _, parameters| {
        linear(x, &parameters[0], None)
    });
}

#[test]
fn the_gradient_of_a_bias_sums_many_rows() {
    for [rows, outputs] in [[513, 3], [1000, 520], [5000, 16]] {
        let parameters = [weight(&[outputs, 4]), normal("bias", &[outputs])];
        compare(&[normal("x", &[rows, 4])], &parameters, |x, _, parameters| {
            linear(x, &parameters[0], Some(&parameters[1]))
        });
    }
}

#[test]
fn parameters_may_have_the_dtype_of_the_activations() {
    let Some(gpu) = gpu() else { return };
    let draw = |purpose, shape: &[usize]| {
        normal(purpose, shape).to_device(&gpu).unwrap().to_dtype(DType::BF16).unwrap()
    };
    let [x, w, b] = [draw("x", &[6, 8]), draw("weight", &[4, 8]), draw("bias", &[4])];
    let found = on_tape(&x, |x| linear(x, &w, Some(&b))).unwrap();
    let [x, w, b] = [x, w, b].map(|tensor| tensor.to_dtype(DType::F32).unwrap());
    let exact = x.matmul(&w.t().unwrap()).unwrap().broadcast_add(&b).unwrap();
    let distance = (found.to_dtype(DType::F32).unwrap() - exact).unwrap().abs().unwrap();
    let largest = distance.max_all().unwrap().to_scalar::<f32>().unwrap();
    assert!(largest < 0.05, "{largest}");
}
