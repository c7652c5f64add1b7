//! Winograd's algorithm against direct sums, each against f64. One test, because the choice between
//! them is the whole process's.

mod common;

use candle_core::{DType, Tensor, Var};
use common::on_images;
use realuid_ops::{Conv2dConfig, Conv3x3, conv2d, set_conv3x3};
use realuid_testkit::{formula_normal, max_relative_error};

/// Result, gradient of the input and gradient of the weight of a convolution in `dtype`.
fn results(dtype: DType, algorithm: Conv3x3) -> Vec<Tensor> {
    set_conv3x3(algorithm);
    let variable = |name: &str, shape: &[usize]| {
        Var::from_tensor(&formula_normal(name, shape).unwrap().to_dtype(dtype).unwrap()).unwrap()
    };
    let (x, w) = (variable("x", &[2, 64, 17, 16]), variable("w", &[48, 64, 3, 3]));
    let config = Conv2dConfig { stride: 1, padding: 1 };
    let y = on_images(&x, |x| conv2d(x, &w, None, config)).unwrap();
    let gradients = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
    let results = [&y, gradients.get(&x).unwrap(), gradients.get(&w).unwrap()];
    results.map(|tensor| tensor.to_dtype(DType::F64).unwrap()).to_vec()
}

#[test]
fn both_ways_agree_with_f64() {
    let exact = results(DType::F64, Conv3x3::Direct);
    for (algorithm, tolerance) in [(Conv3x3::Direct, 2e-6), (Conv3x3::Winograd, 1e-5)] {
        let f64 = results(DType::F64, algorithm);
        let f32 = results(DType::F32, algorithm);
        for ((exact, f64), f32) in exact.iter().zip(&f64).zip(&f32) {
            assert!(max_relative_error(f64, exact) < 1e-13, "{algorithm:?} in f64");
            let off = max_relative_error(f32, exact);
            assert!(off < tolerance, "{algorithm:?} in f32: off by {off:e}");
        }
    }
    let [direct, winograd] =
        [Conv3x3::Direct, Conv3x3::Winograd].map(|way| results(DType::F32, way));
    let off = max_relative_error(&winograd[0], &direct[0]);
    assert!(off > 0.0, "two algorithms do not round alike: the choice had no effect");
}
