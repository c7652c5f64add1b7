use candle_core::Tensor;
use realuid_metrics::{
    Error, FrechetStatistics, Result, energy_distance, frechet_distance, gaussian_mmd, kid,
    mode_weights, prdc, random_directions, sliced_wasserstein, total_variation,
};
use realuid_ops::RandomStream;

use crate::{normal, rows};

type Metric = fn(&Tensor, &Tensor) -> Result<f64>;

/// Every metric that compares two sets directly.
const METRICS: [Metric; 5] = [
    kid,
    energy_distance,
    |x, y| gaussian_mmd(x, y, 1.0),
    |x, y| prdc(x, y, 1).map(|scores| scores.density),
    |x, y| sliced_wasserstein(x, y, &rows(&[[1.0, 0.0]])),
];

#[track_caller]
fn assert_refused<T>(result: Result<T>, parts: &[&str]) {
    let message = result.err().expect("should be refused").to_string();
    for part in parts {
        assert!(message.contains(part), "{message:?} should mention {part:?}");
    }
}

#[test]
fn values_that_are_not_finite_are_named() {
    let good = normal(1, 3, 2);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let bad = rows(&[[0.0, 1.0], [2.0, value], [0.0, 0.0]]);
        for metric in METRICS {
            assert_refused(metric(&bad, &good), &["row 1", "column 1", "check the network"]);
            assert_refused(metric(&good, &bad), &["row 1", "column 1"]);
        }
        assert_refused(FrechetStatistics::new(2).push(&bad), &["row 1", "column 1"]);
    }
}

#[test]
fn sets_of_other_shapes_are_refused() {
    let good = normal(1, 3, 2);
    for metric in METRICS {
        assert_refused(metric(&good, &normal(2, 3, 4)), &["2 columns", "found 4"]);
        assert_refused(metric(&normal(2, 1, 2), &good), &["at least 2 samples", "found 1"]);
        assert_refused(metric(&good, &good.flatten_all().unwrap()), &["[N, D]", "[6]"]);
    }
    assert_refused(FrechetStatistics::new(3).push(&good), &["3 columns", "found 2"]);
}

#[test]
fn statistics_need_two_samples_and_one_dimension() {
    let mut one = FrechetStatistics::new(2);
    one.push(&normal(1, 1, 2)).unwrap();
    assert_refused(one.covariance(), &["at least 2 samples", "found 1"]);
    assert_refused(frechet_distance(&one, &one), &["at least 2 samples", "push more"]);
    let other = FrechetStatistics::new(3);
    assert_refused(one.merge(&other), &["2 columns", "found 3"]);
    assert_refused(frechet_distance(&one, &other), &["2 columns", "found 3"]);
}

#[test]
fn finite_features_that_overflow_are_an_error() {
    let mut huge = FrechetStatistics::new(2);
    huge.push(&rows(&[[1e200, 0.0], [-1e200, 1.0]])).unwrap();
    assert!(matches!(frechet_distance(&huge, &huge), Err(Error::Numerical { .. })));
}

#[test]
fn k_lies_between_one_and_the_smaller_set() {
    let (x, y) = (normal(1, 8, 2), normal(2, 5, 2));
    for k in [0, 5, 8] {
        assert_refused(prdc(&x, &y, k), &["from 1 to 4", &format!("found {k}")]);
        assert_refused(prdc(&y, &x, k), &["from 1 to 4"]);
    }
    assert!(prdc(&x, &y, 4).is_ok());
}

#[test]
fn directions_and_bandwidths_are_checked() {
    let x = normal(1, 4, 2);
    let found = sliced_wasserstein(&x, &x, &rows(&[[1.0, 0.0], [1.0, 1.0]]));
    assert_refused(found, &["unit length", "row 1"]);
    let empty = normal(2, 1, 2).narrow(0, 0, 0).unwrap();
    assert_refused(sliced_wasserstein(&x, &x, &empty), &["one or more", "no rows"]);
    assert_refused(sliced_wasserstein(&x, &x, &rows(&[[1.0]])), &["2 columns", "found 1"]);
    assert_refused(random_directions(&RandomStream::new(0, "d", 0), 0, 3), &["at least 1"]);
    for bandwidth in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_refused(gaussian_mmd(&x, &x, bandwidth), &["bandwidth", "positive"]);
    }
}

#[test]
fn modes_and_their_weights_are_checked() {
    let x = normal(1, 4, 2);
    for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_refused(mode_weights(&x, &x, radius), &["radius", "positive"]);
    }
    let none = x.narrow(0, 0, 0).unwrap();
    assert_refused(mode_weights(&none, &x, 1.0), &["samples", "at least 1 row"]);
    assert_refused(mode_weights(&x, &none, 1.0), &["centres", "at least 1 row"]);
    assert_refused(mode_weights(&x, &normal(1, 4, 3), 1.0), &["2 columns", "found 3"]);
    assert_refused(mode_weights(&rows(&[[0.0, f64::NAN]]), &x, 1.0), &["row 0", "column 1"]);
    assert_refused(total_variation(&[1.0], &[0.5, 0.5]), &["of 1 outcomes", "found 2"]);
    assert_refused(
        total_variation(&[1.0, 1.0], &[0.5, 0.5]),
        &["p should be", "the sum 2", "divide"],
    );
    assert_refused(total_variation(&[1.0], &[]), &["q should be", "the sum 0"]);
    assert_refused(total_variation(&[1.5, -0.5], &[0.5, 0.5]), &["found -0.5"]);
}
