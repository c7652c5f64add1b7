//! Inputs and comparisons for the tests of kernels.

use crate::element::Element;

/// Pseudo-random values in -1..1, different for every seed.
pub(crate) fn values<T: Element>(count: usize, seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 23) - 1.0
    };
    (0..count).map(|_| T::from_f64(next())).collect()
}

/// The values in single precision.
pub(crate) fn to_f32(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// The largest difference is at most `tolerance` of the largest value.
pub(crate) fn assert_close<T: Element, U: Element>(
    found: &[T],
    expected: &[U],
    tolerance: f64,
    what: &str,
) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0_f64, |most, value| most.max(value.to_f64().abs()));
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found.to_f64() - expected.to_f64()).abs();
        assert!(error <= tolerance * largest, "{what} [{i}]: {found:?}, expected {expected:?}");
    }
}
