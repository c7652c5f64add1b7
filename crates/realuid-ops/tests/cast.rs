//! Casts on the processor, between f32 and f64.

#![allow(clippy::float_cmp)] // casts are exact or rounded in one way

use candle_core::{DType, Device, Tensor, Var};
use realuid_ops::{cast, on_tape, silu};

/// More than a thread's part, none of them exact in f32.
fn values() -> Vec<f64> {
    (0..20_000).map(|i| f64::from(i - 7000) / 7.0 + 1e-9).collect()
}

#[test]
fn values_are_rounded_and_gradients_cast_back() {
    let x = Var::from_tensor(&Tensor::new(values(), &Device::Cpu).unwrap()).unwrap();
    let y = on_tape(&x, |x| cast(x, DType::F32)).unwrap();
    let expected: Vec<f32> = values().iter().map(|x| *x as f32).collect();
    assert_eq!(y.to_vec1::<f32>().unwrap(), expected);
    let gradients = (&y * &y).unwrap().sum_all().unwrap().backward().unwrap();
    let found = gradients.get(&x).unwrap().to_vec1::<f64>().unwrap();
    let doubled: Vec<f64> = expected.iter().map(|x| f64::from(2.0 * x)).collect();
    assert_eq!(found, doubled);
}

#[test]
fn a_wider_type_changes_no_value() {
    let narrow: Vec<f32> = values().iter().map(|x| *x as f32).collect();
    let x = Tensor::new(narrow.clone(), &Device::Cpu).unwrap();
    let there = on_tape(&x, |x| cast(x, DType::F64)).unwrap();
    let wide: Vec<f64> = narrow.iter().map(|x| f64::from(*x)).collect();
    assert_eq!(there.to_vec1::<f64>().unwrap(), wide);
    let back = on_tape(&x, |x| cast(&cast(x, DType::F64)?, DType::F32)).unwrap();
    assert_eq!(back.to_vec1::<f32>().unwrap(), narrow);
}

/// A computation in f64 within one in f32: the gradient is that of f64, rounded.
#[test]
fn casts_are_links_of_a_computation() {
    let x = Var::from_tensor(&Tensor::new(&[0.5_f32, -1.5], &Device::Cpu).unwrap()).unwrap();
    let wide = Var::from_tensor(&x.to_dtype(DType::F64).unwrap()).unwrap();
    let inside = on_tape(&x, |x| cast(&silu(&cast(x, DType::F64)?)?, DType::F32)).unwrap();
    let outside = on_tape(&wide, silu).unwrap();
    let gradient = inside.sum_all().unwrap().backward().unwrap().get(&x).unwrap().clone();
    let expected = outside.sum_all().unwrap().backward().unwrap().get(&wide).unwrap().clone();
    let expected = expected.to_dtype(DType::F32).unwrap();
    assert_eq!(gradient.to_vec1::<f32>().unwrap(), expected.to_vec1::<f32>().unwrap());
}

#[test]
fn the_same_dtype_is_the_value_itself_and_others_are_refused() {
    let x = Tensor::new(&[0.1_f32], &Device::Cpu).unwrap();
    let same = on_tape(&x, |x| cast(x, DType::F32)).unwrap();
    assert_eq!(same.to_vec1::<f32>().unwrap(), [0.1]);
    for dtype in [DType::BF16, DType::F16, DType::U32] {
        let error = on_tape(&x, |x| cast(x, dtype)).unwrap_err().to_string();
        assert!(error.contains("F32 or F64") && error.contains("on a GPU"), "{error}");
    }
}
