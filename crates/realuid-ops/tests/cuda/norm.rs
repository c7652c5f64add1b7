//! Group normalisation. Channels that fill accesses of 16 bytes in every dtype (32), in f32 alone (12)
//! and in none (6); more than one block an image, and images that blocks do not divide.

use candle_core::Tensor;
use realuid_ops::{GroupNorm, group_norm, group_norm_silu};

use crate::support::{compare, normal};

/// Shapes and numbers of groups.
const CASES: [(&[usize], usize); 5] = [
    (&[2, 5, 7, 32], 8),
    (&[3, 4, 4, 12], 12),
    (&[2, 9, 3, 6], 2),
    (&[5, 8], 2),
    (&[1, 37, 41, 32], 4),
];

fn learned(channels: usize) -> [Tensor; 2] {
    [normal("weight", &[channels]), normal("bias", &[channels])]
}

fn norm(parameters: &[Tensor], groups: usize) -> GroupNorm {
    let [weight, bias] = [0, 1].map(|i| parameters[i].clone());
    GroupNorm { weight, bias, groups, eps: 1e-5 }
}

#[test]
fn group_norm_is_that_of_the_cpu() {
    for (shape, groups) in CASES {
        let parameters = learned(shape[shape.len() - 1]);
        compare(&[normal("x", shape)], &parameters, |x, _, p| group_norm(x, &norm(p, groups)));
    }
}

#[test]
fn with_silu_it_is_that_of_the_cpu() {
    for (shape, groups) in CASES {
        let parameters = learned(shape[shape.len() - 1]);
        compare(&[normal("x", shape)], &parameters, |x, _, p| {
            group_norm_silu(x, &norm(p, groups), None)
        });
    }
}

#[test]
fn modulated_it_is_that_of_the_cpu() {
    for (shape, groups) in CASES {
        let channels = shape[shape.len() - 1];
        let inputs = [normal("x", shape), normal("modulation", &[shape[0], 2 * channels])];
        compare(&inputs, &learned(channels), |x, others, p| {
            group_norm_silu(x, &norm(p, groups), Some(&others[0]))
        });
    }
}

/// With a mean of some thousand deviations, sums of squares of x itself would be off by the variance.
#[test]
fn large_means_cost_no_precision() {
    let Some(gpu) = crate::support::gpu() else { return };
    let x = normal("x", &[1, 40, 40, 8]).affine(1.0 / 64.0, 32.0).unwrap();
    let parameters = learned(8);
    let run = |device| {
        let place = |tensor: &Tensor| tensor.to_device(device).unwrap();
        let norm = norm(&parameters.each_ref().map(place), 2);
        let y = realuid_ops::on_tape(&place(&x), |x| group_norm(x, &norm)).unwrap();
        y.flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    let pairs = run(&gpu).into_iter().zip(run(&candle_core::Device::Cpu));
    let largest = pairs.map(|(found, expected)| (found - expected).abs()).fold(0.0, f32::max);
    assert!(largest < 1e-3, "{largest}");
}
