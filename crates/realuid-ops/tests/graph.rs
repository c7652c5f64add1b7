//! What autograd sees: accumulation, frozen weights, errors, and results that do not depend on the
//! number of threads.

#![allow(clippy::float_cmp)] // bit-for-bit equality is what several of these are about

mod common;

use candle_core::{DType, Device, Tensor, Var};
use common::on_images;
use realuid_ops::{
    Conv2dConfig, Convolution, Error, Gradients, GroupNorm, HeadOrder, Parameters, RandomStream,
    Result, Tape, Value, add, avg_pool2d, concat, conv2d, dropout, group_norm, group_norm_silu,
    linear, on_tape, self_attention, silu, softmax, upsample_nearest2d,
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
    let up = || on_images(&x, |x| upsample_nearest2d(x, 2)).unwrap().sum_all().unwrap();
    for loss in [x.sum_all().unwrap() + up(), up() + x.sum_all().unwrap()] {
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
        (on_images(&x, |x| conv2d(x, &w, Some(&b), SAME)).unwrap(), [&w, &b]),
        (on_images(&x, |x| group_norm_silu(x, &norm, None)).unwrap(), [&norm.weight, &norm.bias]),
        (on_tape(&flat, |x| linear(x, &l, Some(&b))).unwrap(), [&l, &b]),
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
    let y = on_images(&x, |x| conv2d(x, &w, None, SAME)).unwrap();
    let gradients = y.sum_all().unwrap().backward().unwrap();
    assert!(gradients.get(&x).is_none() && gradients.get(&w).is_some());
}

fn everything() -> Vec<f32> {
    let x = variable("x", &[9, 32, 16, 16]);
    let w = variable("w", &[32, 32, 3, 3]);
    let b = variable("b", &[32]);
    let l = variable("l", &[96, 32]);
    let (weight, bias) = (b.as_tensor().clone(), b.as_tensor().clone());
    let norm = GroupNorm { weight, bias, groups: 8, eps: 1e-5 };
    let y = on_images(&x, |x| {
        let h = conv2d(x, &w, Some(&b), SAME)?;
        let h = group_norm_silu(&h, &norm, None)?;
        let h = Convolution::new(&w, None, SAME).after_norm_silu(&norm, None).plus(&h).apply(&h)?;
        let pooled = avg_pool2d(&h, 2)?;
        let qkv = linear(&pooled.reshape((9, 64, 32))?, &l, None)?;
        let a = self_attention(&qkv, 2, HeadOrder::HeadsFirst)?.reshape((9, 8, 8, 32))?;
        let h = concat(&add(&a, &pooled)?, &a)?;
        silu(&softmax(&upsample_nearest2d(&h, 2)?)?)
    });
    let gradients = y.unwrap().sqr().unwrap().sum_all().unwrap().backward().unwrap();
    let of = |v: &Var| gradients.get(v).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    [of(&x), of(&w), of(&b), of(&l)].concat()
}

fn large_linear() -> Vec<f32> {
    let (x, w, b) = (variable("x", &[256, 512]), variable("w", &[512, 512]), variable("b", &[512]));
    let y = on_tape(&x, |x| linear(x, &w, Some(&b))).unwrap();
    let loss = y.sqr().unwrap().sum_all().unwrap();
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
    let drop = |rate| on_tape(&x, |x| dropout(x, &mask, rate));
    let y = drop(0.25).unwrap().to_vec1::<f32>().unwrap();
    let mean = y.iter().sum::<f32>() / 1e5;
    assert!((mean - 1.0).abs() < 4.0 * (1.0_f32 / 3.0 / 1e5).sqrt(), "{mean}");
    assert_eq!(y[17] == 0.0, mask.uniform_at(17) < 0.25);
    assert_eq!(y, drop(0.25).unwrap().to_vec1::<f32>().unwrap());
    assert!(matches!(drop(1.0), Err(Error::Argument { .. })));
}

/// The two ways to a parameter's gradient: candle's own, and around it.
#[test]
fn collected_gradients_are_those_of_candle() {
    let tensors = [("w", &[5, 4][..]), ("b", &[5])].map(|(name, s)| (name.into(), tensor(name, s)));
    let parameters = Parameters::from_tensors(&tensors.into()).unwrap();
    let loss = || {
        let [w, b] = ["w", "b"].map(|name| parameters.get(name).unwrap());
        let of = |x: &Tensor| on_tape(x, |x| linear(x, w, Some(b))).unwrap().sqr().unwrap();
        let both = of(&tensor("x", &[3, 4])) + of(&tensor("y", &[3, 4]));
        (both.unwrap().sum_all().unwrap() + w.sqr().unwrap().sum_all().unwrap()).unwrap()
    };
    let of_candle = loss().backward().unwrap();
    let collected = Gradients::of(&loss(), &parameters).unwrap();
    for (name, var) in parameters.iter() {
        let (a, b) = (of_candle.get(var).unwrap(), collected.get(name).unwrap());
        realuid_testkit::assert_close(a, &b, 1e-6);
    }
}

#[test]
fn a_graph_is_differentiated_once() {
    let x = variable("x", &[3]);
    let loss = on_tape(&x, silu).unwrap().sum_all().unwrap();
    assert!(loss.backward().is_ok());
    let error = loss.backward().unwrap_err().to_string();
    assert!(error.contains("run the forward pass again"), "{error}");
}

#[test]
fn tapes_do_not_mix() {
    let (one, other) = (Tape::new(), Tape::new());
    let x = one.input(&tensor("x", &[3])).unwrap();
    let y = other.input(&tensor("y", &[3])).unwrap();
    assert!(add(&x, &y).unwrap_err().to_string().contains("one tape"));
    assert!(other.output(x.clone()).unwrap_err().to_string().contains("this tape"));
    assert!(other.differentiate(&x, &x).unwrap_err().to_string().contains("this tape"));
    one.output(x.clone()).unwrap();
    assert!(x.join(&tensor("z", &[3])).unwrap_err().to_string().contains("still recording"));
}

/// An operation on the right x and wrong arguments, and what its error must say.
type Refused<'a> = (&'a dyn Fn(&Value) -> Result<Value>, &'a str);

#[test]
fn arguments_that_do_not_fit_are_named() {
    let x = tensor("x", &[2, 6, 6, 4]);
    let t = |shape: &[usize]| tensor("t", shape);
    let norm = |channels: usize, groups| GroupNorm {
        weight: t(&[channels]),
        bias: t(&[channels]),
        groups,
        eps: 1e-5,
    };
    let stride = |stride| Conv2dConfig { stride, padding: 0 };
    let refused: [Refused; 20] = [
        (&|x| conv2d(x, &t(&[3, 5, 3, 3]), None, SAME), "channels of x"),
        (&|x| conv2d(x, &t(&[3, 4, 3, 2]), None, SAME), "square weight"),
        (&|x| conv2d(x, &t(&[3, 4, 7, 7]), None, stride(1)), "no smaller than the kernel"),
        (&|x| conv2d(x, &t(&[3, 4, 3, 3]), None, stride(0)), "stride of at least 1"),
        (
            &|x| {
                let config = Conv2dConfig { stride: 1, padding: usize::MAX / 2 + 1 };
                conv2d(x, &t(&[3, 4, 3, 3]), None, config)
            },
            "padding of at most",
        ),
        (&|x| conv2d(x, &t(&[3, 4, 3, 3]), Some(&t(&[4])), SAME), "bias [3]"),
        (
            &|x| Convolution::new(&t(&[3, 4, 3, 3]), None, SAME).plus(x).apply(x),
            "residual [2, 6, 6, 3]",
        ),
        (&|x| linear(x, &t(&[3, 5]), None), "x [.., 5]"),
        (&|x| linear(x, &t(&[3, 4]), Some(&t(&[2]))), "bias [3]"),
        (&|x| group_norm(x, &norm(4, 3)), "divides 4 channels"),
        (&|x| group_norm(x, &norm(4, 0)), "divides 4 channels"),
        (&|x| group_norm(x, &norm(5, 2)), "weight and bias [4]"),
        (&|x| group_norm_silu(x, &norm(4, 2), Some(x)), "modulation [2, 8]"),
        (&|x| self_attention(&x.reshape((2, 36, 4))?, 2, HeadOrder::HeadsFirst), "2 heads"),
        (&|x| upsample_nearest2d(x, 0), "factor above 0"),
        (&|x| avg_pool2d(x, 4), "divides H and W"),
        (&|x| concat(x, &x.reshape((2, 36, 4))?), "the last axis only"),
        (&|x| x.reshape((2, 5)), "288 elements"),
        (&|x| x.reshape((1 << 62, 16, 288)), "288 elements"),
        (&|x| linear(x, &t(&[3, 4]).to_dtype(DType::F64)?, None), "F32 or all F64"),
    ];
    for (operation, text) in refused {
        let error = on_tape(&x, operation).unwrap_err();
        assert!(matches!(error, Error::Argument { .. }), "{error}");
        assert!(error.to_string().contains(text), "{error} does not say {text:?}");
    }
}

#[test]
fn tensors_of_other_kinds_are_refused() {
    let scalar = on_tape(&Tensor::zeros((), DType::F32, &Device::Cpu).unwrap(), softmax);
    assert!(scalar.unwrap_err().to_string().contains("one axis"));
    let integers = on_tape(&Tensor::zeros(3, DType::U32, &Device::Cpu).unwrap(), silu);
    assert!(integers.unwrap_err().to_string().contains("F32 or F64"));
}
