use candle_core::{DType, Tensor};

/// Panics unless every element of `actual` is within `tolerance * max(1, max |expected|)` of `expected`.
///
/// # Panics
/// When shapes differ or an element is off; the message names the worst error.
#[track_caller]
pub fn assert_close(actual: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(actual.dims(), expected.dims(), "shapes differ");
    let (actual, expected) = (values(actual), values(expected));
    let scale = expected.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
    let (index, worst) = worst_difference(&actual, &expected);
    assert!(
        worst <= tolerance * scale,
        "element {index}: expected {}, found {} (off by {worst:.3e}, allowed {:.3e})",
        expected[index],
        actual[index],
        tolerance * scale
    );
}

/// max |actual - expected| / max |expected|; the plain maximum where `expected` is all zero.
///
/// # Panics
/// When the shapes differ.
pub fn max_relative_error(actual: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(actual.dims(), expected.dims(), "shapes differ");
    let (actual, expected) = (values(actual), values(expected));
    let scale = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let worst = worst_difference(&actual, &expected).1;
    if scale > 0.0 { worst / scale } else { worst }
}

/// |actual - expected|_2 / |expected|_2; the plain norm where `expected` is all zero.
///
/// # Panics
/// When the shapes differ.
pub fn relative_norm_error(actual: &Tensor, expected: &Tensor) -> f64 {
    assert_eq!(actual.dims(), expected.dims(), "shapes differ");
    let (actual, expected) = (values(actual), values(expected));
    let scale = expected.iter().map(|v| v * v).sum::<f64>().sqrt();
    let off = actual.iter().zip(&expected).map(|(a, e)| (a - e) * (a - e)).sum::<f64>().sqrt();
    if scale > 0.0 { off / scale } else { off }
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor
        .to_dtype(DType::F64)
        .and_then(|t| t.flatten_all())
        .and_then(|t| t.to_vec1::<f64>())
        .expect("a tensor of numbers")
}

/// Index and size of the largest difference; a NaN on either side counts as infinite.
fn worst_difference(actual: &[f64], expected: &[f64]) -> (usize, f64) {
    let mut worst = (0, 0.0);
    for (index, (a, e)) in actual.iter().zip(expected).enumerate() {
        let off = (a - e).abs();
        let off = if off.is_nan() { f64::INFINITY } else { off };
        if off > worst.1 {
            worst = (index, off);
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    #[should_panic(expected = "element 1")]
    fn nan_is_never_close() {
        let a = Tensor::new(&[0.0, f64::NAN], &Device::Cpu).unwrap();
        assert_close(&a, &Tensor::new(&[0.0, 0.0], &Device::Cpu).unwrap(), 1e300);
    }

    #[test]
    fn errors_are_relative() {
        let a = Tensor::new(&[2.0, 100.0], &Device::Cpu).unwrap();
        let b = Tensor::new(&[1.0, 100.0], &Device::Cpu).unwrap();
        assert!((max_relative_error(&a, &b) - 0.01).abs() < 1e-12);
        assert!((relative_norm_error(&a, &b) - 1.0 / 10_001.0_f64.sqrt()).abs() < 1e-12);
    }
}
