//! Values and gradients against PyTorch 2.15 in f64 (`tests/golden/make.py` wrote them), and the same
//! operations in f32 against their f64 selves.

mod common;

use candle_core::{D, DType, Device, Tensor, Var};
use common::{golden, on_images};
use realuid_ops::{
    Conv2dConfig, GroupNorm, HeadOrder, Result, Value, avg_pool2d, conv2d, group_norm,
    group_norm_silu, linear, on_tape, self_attention, silu, softmax, softplus, upsample_nearest2d,
};
use realuid_testkit::relative_norm_error;

type Operation = fn(&[Var]) -> Result<Tensor>;

fn norm(x: &[Var], groups: usize) -> GroupNorm {
    let (weight, bias) = (x[1].as_tensor().clone(), x[2].as_tensor().clone());
    GroupNorm { weight, bias, groups, eps: 1e-5 }
}

fn conv(x: &[Var], stride: usize) -> Result<Tensor> {
    let config = Conv2dConfig { stride, padding: 1 };
    on_images(&x[0], |image| conv2d(image, &x[1], Some(&x[2]), config))
}

fn adaptive(x: &[Var]) -> Result<Tensor> {
    on_images(&x[0], |image| {
        let modulation = image.join(&Tensor::cat(&[x[3].as_tensor(), &x[4]], D::Minus1)?)?;
        group_norm_silu(image, &norm(x, 2), Some(&modulation))
    })
}

/// Queries, keys and values [B, heads, T, D] of equal sizes.
fn attention(x: &[Var]) -> Result<Tensor> {
    let (b, heads, t, d) = x[0].dims4()?;
    let columns = |x: &Var| x.transpose(1, 2)?.reshape((b, t, heads * d));
    let qkv = Tensor::cat(&[columns(&x[0])?, columns(&x[1])?, columns(&x[2])?], D::Minus1)?;
    let mixed = on_tape(&qkv, |qkv| self_attention(qkv, heads, HeadOrder::QueriesFirst))?;
    Ok(mixed.reshape((b, t, heads, d))?.transpose(1, 2)?)
}

const CASES: [(&str, Operation); 12] = [
    ("conv", |x| conv(x, 2)),
    ("conv-large", |x| conv(x, 1)),
    ("linear", |x| on_tape(&x[0], |input| linear(input, &x[1], Some(&x[2])))),
    ("norm", |x| on_images(&x[0], |image| group_norm(image, &norm(x, 3)))),
    ("norm-silu", |x| on_images(&x[0], |image| group_norm_silu(image, &norm(x, 2), None))),
    ("adaptive", adaptive),
    ("attention", attention),
    ("softmax", |x| on_tape(&x[0], softmax)),
    ("silu", |x| on_tape(&x[0], silu)),
    ("softplus", |x| on_tape(&x[0], softplus)),
    ("upsample", |x| on_images(&x[0], |image| upsample_nearest2d(image, 2))),
    ("pool", |x| on_images(&x[0], |image| avg_pool2d(image, 2))),
];

fn compare(dtype: DType, tolerance: f64) {
    let golden = golden();
    for (name, operation) in CASES {
        let stored = |part: &str| golden.get(&format!("{name}/{part}"));
        let inputs: Vec<Var> = (0..)
            .map_while(|i| stored(&format!("x{i}")))
            .map(|x| Var::from_tensor(&x.to_dtype(dtype).unwrap()).unwrap())
            .collect();
        let close = |part: &str, actual: &Tensor| {
            let actual = actual.to_dtype(DType::F64).unwrap();
            let off = relative_norm_error(&actual, stored(part).unwrap());
            assert!(off < tolerance, "{name}, {part}: off by {off:e}");
        };
        let y = operation(&inputs).unwrap();
        close("y", &y);
        let w = stored("w").unwrap().to_dtype(dtype).unwrap();
        let gradients = y.mul(&w).unwrap().sum_all().unwrap().backward().unwrap();
        for (i, x) in inputs.iter().enumerate() {
            close(&format!("g{i}"), gradients.get(x).unwrap());
        }
    }
}

#[test]
fn f64_agrees() {
    compare(DType::F64, 1e-13);
}

#[test]
fn f32_agrees() {
    compare(DType::F32, 1e-6);
}

/// The variance is taken around the mean: a common offset of 1000 deviations costs only the
/// rounding of the inputs.
#[test]
fn group_norm_survives_a_large_offset() {
    let x = realuid_testkit::formula_normal("offset", (2, 4, 8, 8)).unwrap();
    let x = (x + 1000.0).unwrap().to_dtype(DType::F32).unwrap();
    let on = |dtype| {
        let weight = Tensor::ones(4, dtype, &Device::Cpu).unwrap();
        let bias = Tensor::zeros(4, dtype, &Device::Cpu).unwrap();
        let norm = GroupNorm { weight, bias, groups: 2, eps: 1e-5 };
        let y = on_images(&x.to_dtype(dtype).unwrap(), |x| group_norm(x, &norm)).unwrap();
        y.to_dtype(DType::F64).unwrap()
    };
    let off = relative_norm_error(&on(DType::F32), &on(DType::F64));
    assert!(off < 5e-5, "{off:e}");
}

#[test]
fn extremes_stay_finite() {
    let x = Tensor::new(&[-1e4_f32, -100.0, -90.0, 0.0, 90.0, 1e4], &Device::Cpu).unwrap();
    let x = Var::from_tensor(&x).unwrap();
    for operation in [silu as fn(&Value) -> Result<Value>, softplus, softmax] {
        let y = on_tape(&x, operation).unwrap();
        let gradients = y.sum_all().unwrap().backward().unwrap();
        for t in [&y, gradients.get(&x).unwrap()] {
            assert!(t.to_vec1::<f32>().unwrap().iter().all(|v| v.is_finite()), "{t}");
        }
    }
    let masked = Tensor::new(&[0.0_f32, f32::NEG_INFINITY, 0.0], &Device::Cpu).unwrap();
    assert_eq!(on_tape(&masked, softmax).unwrap().to_vec1::<f32>().unwrap(), [0.5, 0.0, 0.5]);
}
