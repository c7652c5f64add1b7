use candle_core::{DType, Device, Tensor};
use realuid_metrics::{FeatureExtractor, PooledPixels};
use realuid_testkit::assert_close;

use crate::rows;

/// Images [count, channels, height, width] with pixel k equal to k / 100.
fn ramp(shape: (usize, usize, usize, usize)) -> Tensor {
    let count = (shape.0 * shape.1 * shape.2 * shape.3) as f64;
    let values = Tensor::arange(0.0, count, &Device::Cpu).unwrap();
    values.affine(0.01, 0.0).unwrap().reshape(shape).unwrap()
}

#[test]
fn a_wide_limit_keeps_every_pixel() {
    let images = ramp((2, 3, 2, 4));
    let features = PooledPixels::new(24).features(&images).unwrap();
    assert_close(&features, &images.reshape((2, 24)).unwrap(), 0.0);
}

#[test]
fn cells_average_and_those_at_the_edge_are_cut() {
    // 3 by 5 pixels in 2 by 2 cells: the last column is one wide, the last row one high.
    let features = PooledPixels::new(6).features(&ramp((1, 1, 3, 5))).unwrap();
    let expected = rows(&[[0.03, 0.05, 0.065, 0.105, 0.125, 0.14]]);
    assert_close(&features, &expected, 1e-15);
}

#[test]
fn channels_and_images_are_pooled_apart() {
    let features = PooledPixels::new(3).features(&ramp((2, 3, 2, 2))).unwrap();
    let expected = rows(&[[0.015, 0.055, 0.095], [0.135, 0.175, 0.215]]);
    assert_close(&features, &expected, 1e-15);
}

#[test]
fn the_smallest_cell_within_the_limit_is_taken() {
    let images = Tensor::zeros((1, 3, 32, 32), DType::F32, &Device::Cpu).unwrap();
    for (limit, dimension) in
        [(3072, 3072), (3071, 768), (768, 768), (767, 363), (191, 147), (3, 3)]
    {
        let features = PooledPixels::new(limit).features(&images).unwrap();
        assert_eq!(features.dims(), [1, dimension], "limit {limit}");
        assert_eq!(features.dtype(), DType::F64);
    }
}

#[test]
fn what_cannot_be_pooled_is_refused() {
    let pooled = PooledPixels::new(2);
    let message = |images: &Tensor| pooled.features(images).unwrap_err().to_string();
    assert!(message(&ramp((1, 3, 2, 2))).contains("at most 2 channels"));
    assert!(message(&rows(&[[0.0, 1.0]])).contains("[N, C, H, W]"));
    let negative = ramp((1, 1, 1, 2)).affine(1.0, -0.5).unwrap();
    assert!(message(&negative).contains("within [0, 1], found -0.5"));
}
