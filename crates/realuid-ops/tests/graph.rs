//! What autograd sees: accumulation, frozen weights, errors, and results that do not depend on the
//! number of threads.

#![allow(clippy::float_cmp)] // bit-for-bit equality is what several of these are about

use candle_core::{DType, Device, Tensor, Var};
use realuid_ops::{
    Conv2dConfig, Error, GroupNorm, RandomStream, Result, add_channels, attention, avg_pool2d,
    conv2d, dropout, group_norm, group_norm_silu, linear, silu, softmax, upsample_nearest2d,
};
use realuid_testkit::formula_normal;

const SAME: Conv2dConfig = Conv2dConfig { stride: 1, padding: 1 };

fn tensor(name: &str, shape: &[usize]) -> Tensor {
    formula_normal(name, shape).unwrap().to_dtype(DType::F32).unwrap()
}

fn variable(name: &str, shape: &[usize]) -> Var {
    Var::from_tensor(&tensor(name, shape)).unwrap()
}

#[test]
fn a_tensor_used_twice_gets_both_gradients() {
    let x = variable("x", &[1, 1, 2, 2]);
    let up = upsample_nearest2d(&x, 2).unwrap().sum_all().unwrap();
    for loss in [x.sum_all().unwrap() + &up, up.clone() + x.sum_all().unwrap()] {
        let gradients = loss.unwrap().backward().unwrap();
        let gradient = gradients.get(&x).unwrap().flatten_all().unwrap();
        assert_eq!(gradient.to_vec1::<f32>().unwrap(), [5.0; 4]);
    }
}

/// Frozen weights: the gradient of the input is there, theirs are not even computed.
#[test]
fn frozen_weights_get_no_gradient() {
    let x = variable("x", &[2, 4, 6, 6]);
    let (w, b) = (tensor("w", &[4, 4, 3, 3]), tensor("b", &[4]));
    let norm = GroupNorm { weight: tensor("nw", &[4]), bias: b.clone(), groups: 2, eps: 1e-5 };
    let (flat, l) = (x.reshape((8, 36)).unwrap(), tensor("l", &[4, 36]));
    let frozen = [
        (conv2d(&x, &w, Some(&b), SAME).unwrap(), [&w, &b]),
        (group_norm_silu(&x, &norm).unwrap(), [&norm.weight, &norm.bias]),
        (linear(&flat, &l, Some(&b)).unwrap(), [&l, &b]),
    ];
    for (y, weights) in frozen {
        let gradients = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        assert!(gradients.get(&x).is_some());
        assert!(weights.iter().all(|w| gradients.get(w).is_none()));
    }
}

#[test]
fn a_constant_input_gets_no_gradient() {
    let x = tensor("x", &[2, 4, 6, 6]);
    let w = variable("w", &[4, 4, 3, 3]);
    let y = conv2d(&x, &w, None, SAME).unwrap();
    let gradients = y.sum_all().unwrap().backward().unwrap();
    assert!(gradients.get(&x).is_none() && gradients.get(&w).is_some());
}

fn everything() -> Vec<f32> {
    let x = variable("x", &[9, 32, 16, 16]);
    let w = variable("w", &[32, 32, 3, 3]);
    let b = variable("b", &[32]);
    let (weight, bias) = (b.as_tensor().clone(), b.as_tensor().clone());
    let norm = GroupNorm { weight, bias, groups: 8, eps: 1e-5 };
    let h = conv2d(&x, &w, Some(&b), SAME).unwrap();
    let h = group_norm_silu(&h, &norm).unwrap();
    let pooled = avg_pool2d(&h, 2).unwrap();
    let tokens = pooled.reshape((9, 2, 16, 64)).unwrap().transpose(2, 3).unwrap();
    let a = attention(&tokens, &tokens, &tokens, 0.25).unwrap();
    let l = variable("l", &[257, 1024]);
    let y = linear(&a.reshape((18, 1024)).unwrap(), &l, None).unwrap();
    let loss = silu(&softmax(&y).unwrap()).unwrap().sqr().unwrap().sum_all().unwrap();
    let gradients = loss.backward().unwrap();
    let of = |v: &Var| gradients.get(v).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    [of(&x), of(&w), of(&b), of(&l)].concat()
}

fn large_linear() -> Vec<f32> {
    let (x, w, b) = (variable("x", &[256, 512]), variable("w", &[512, 512]), variable("b", &[512]));
    let loss = linear(&x, &w, Some(&b)).unwrap().sqr().unwrap().sum_all().unwrap();
    let gradients = loss.backward().unwrap();
    let of = |v: &Var| gradients.get(v).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    [of(&x), of(&w), of(&b)].concat()
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (reference, large) = (everything(), large_linear());
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(everything), reference, "{threads} threads");
        assert_eq!(pool.install(large_linear), large, "{threads} threads");
    }
}

#[test]
fn dropout_keeps_the_mean_and_follows_its_stream() {
    let x = Tensor::ones(100_000, DType::F32, &Device::Cpu).unwrap();
    let mask = RandomStream::new(0, "dropout", 0);
    let y = dropout(&x, &mask, 0.25).unwrap().to_vec1::<f32>().unwrap();
    let mean = y.iter().sum::<f32>() / 1e5;
    assert!((mean - 1.0).abs() < 4.0 * (1.0_f32 / 3.0 / 1e5).sqrt(), "{mean}");
    assert_eq!(y[17] == 0.0, mask.uniform_at(17) < 0.25);
    assert_eq!(y, dropout(&x, &mask, 0.25).unwrap().to_vec1::<f32>().unwrap());
    assert!(matches!(dropout(&x, &mask, 1.0), Err(Error::Argument { .. })));
}

#[test]
fn arguments_that_do_not_fit_are_named() {
    let x = tensor("x", &[2, 4, 6, 6]);
    let t = |shape: &[usize]| tensor("t", shape);
    let norm = |channels: usize, groups| GroupNorm {
        weight: t(&[channels]),
        bias: t(&[channels]),
        groups,
        eps: 1e-5,
    };
    let stride = |stride| Conv2dConfig { stride, padding: 0 };
    let refused: Vec<(Result<Tensor>, &str)> = vec![
        (conv2d(&x, &t(&[3, 5, 3, 3]), None, SAME), "channels of x"),
        (conv2d(&x, &t(&[3, 4, 3, 2]), None, SAME), "square weight"),
        (conv2d(&x, &t(&[3, 4, 7, 7]), None, stride(1)), "no smaller than the kernel"),
        (conv2d(&x, &t(&[3, 4, 3, 3]), None, stride(0)), "stride of at least 1"),
        (conv2d(&x, &t(&[3, 4, 3, 3]), Some(&t(&[4])), SAME), "bias [3]"),
        (linear(&x, &t(&[3, 5]), None), "x [.., 5]"),
        (linear(&x, &t(&[3, 6]), Some(&t(&[2]))), "bias [3]"),
        (group_norm(&x, &norm(4, 3)), "divides 4 channels"),
        (group_norm(&x, &norm(4, 0)), "divides 4 channels"),
        (group_norm(&x, &norm(5, 2)), "weight and bias [4]"),
        (attention(&x, &t(&[2, 4, 6, 5]), &x, 1.0), "k [B, H, S, D]"),
        (upsample_nearest2d(&x, 0), "factor above 0"),
        (avg_pool2d(&x, 4), "divides H and W"),
        (add_channels(&x, &t(&[2, 5])), "e [B, C]"),
        (softmax(&Tensor::zeros((), DType::F32, &Device::Cpu).unwrap()), "one axis"),
        (silu(&Tensor::zeros(3, DType::U32, &Device::Cpu).unwrap()), "F32 or all F64"),
        (linear(&x, &t(&[3, 6]).to_dtype(DType::F64).unwrap(), None), "F32 or all F64"),
    ];
    for (result, text) in refused {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Argument { .. }), "{error}");
        assert!(error.to_string().contains(text), "{error} does not say {text:?}");
    }
}
