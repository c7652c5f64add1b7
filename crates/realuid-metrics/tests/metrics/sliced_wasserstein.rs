use candle_core::Tensor;
use realuid_metrics::{random_directions, sliced_wasserstein};
use realuid_ops::RandomStream;
use realuid_testkit::assert_close;

use crate::{assert_near, normal, rows};

fn directions(count: usize, dim: usize) -> Tensor {
    random_directions(&RandomStream::new(5, "directions", 0), count, dim).unwrap()
}

fn repeated(x: &Tensor, times: usize) -> Tensor {
    Tensor::cat(&vec![x; times], 0).unwrap()
}

#[test]
fn along_one_axis_it_is_the_distance_of_sorted_values() {
    let x = rows(&[[3.0, 9.0], [0.0, -4.0], [1.0, 7.0]]);
    let y = rows(&[[2.0, 0.0], [5.0, 0.0], [0.0, 1.0]]);
    let found = sliced_wasserstein(&x, &y, &rows(&[[1.0, 0.0]])).unwrap();
    assert_near(found, ((0.0 + 1.0 + 4.0) / 3.0_f64).sqrt(), 1e-15);
}

#[test]
fn unequal_counts_move_shares_of_samples() {
    // Quantiles: x is 0 up to 1/2 and 6 after; y is 0, 3, 6 on thirds. They differ by 3 on a third.
    let (x, y) = (rows(&[[6.0], [0.0]]), rows(&[[3.0], [6.0], [0.0]]));
    let found = sliced_wasserstein(&x, &y, &rows(&[[1.0]])).unwrap();
    assert_near(found, 3.0_f64.sqrt(), 1e-15);
}

#[test]
fn repeating_samples_changes_nothing() {
    let (x, y) = (normal(1, 21, 6), normal(2, 35, 6).affine(1.3, 0.2).unwrap());
    let directions = directions(16, 6);
    let found = sliced_wasserstein(&x, &y, &directions).unwrap();
    let equal_counts = sliced_wasserstein(&repeated(&x, 5), &repeated(&y, 3), &directions).unwrap();
    assert_near(found, equal_counts, 1e-13);
    assert_near(sliced_wasserstein(&x, &repeated(&x, 4), &directions).unwrap(), 0.0, 1e-15);
}

#[test]
fn translation_is_measured_by_its_projections() {
    let (x, shift, directions) = (normal(3, 40, 5), normal(4, 1, 5), directions(32, 5));
    let y = x.broadcast_add(&shift).unwrap();
    let projections = directions.matmul(&shift.t().unwrap()).unwrap().sqr().unwrap();
    let expected = projections.mean_all().unwrap().to_scalar::<f64>().unwrap().sqrt();
    assert_near(sliced_wasserstein(&x, &y, &directions).unwrap(), expected, 1e-13);
}

#[test]
fn directions_are_unit_vectors_spread_over_the_sphere() {
    let found = directions(4000, 3);
    let lengths = found.sqr().unwrap().sum(1).unwrap();
    assert_close(&lengths, &lengths.ones_like().unwrap(), 1e-14);
    // Uniform on the sphere: mean zero and E[d d^T] = I / 3.
    let second = found.t().unwrap().matmul(&found).unwrap().affine(1.0 / 4000.0, 0.0).unwrap();
    let third = Tensor::eye(3, second.dtype(), second.device()).unwrap().affine(1.0 / 3.0, 0.0);
    assert_close(&second, &third.unwrap(), 0.03);
    assert_close(&found.mean(0).unwrap(), &found.zeros_like().unwrap().mean(0).unwrap(), 0.04);
    assert_close(&directions(4000, 3), &found, 0.0);
}
