use candle_core::{Device, Tensor};
use realuid_metrics::{FrechetStatistics, frechet_distance};

use crate::{assert_near, normal, rows};

fn statistics(features: &Tensor) -> FrechetStatistics {
    let mut statistics = FrechetStatistics::new(features.dim(1).unwrap());
    statistics.push(features).unwrap();
    statistics
}

fn distance(x: &Tensor, y: &Tensor) -> f64 {
    frechet_distance(&statistics(x), &statistics(y)).unwrap()
}

fn total_variance(x: &Tensor) -> f64 {
    let mean = x.mean_keepdim(0).unwrap();
    let squares = x.broadcast_sub(&mean).unwrap().sqr().unwrap().sum_all().unwrap();
    squares.to_scalar::<f64>().unwrap() / (x.dim(0).unwrap() - 1) as f64
}

/// The 2 D points +- s_i e_i: mean zero, covariance diag(2 s_i^2 / (2 D - 1)).
fn cross(lengths: &[f64]) -> Tensor {
    let lengths = Tensor::new(lengths, &Device::Cpu).unwrap();
    let size = lengths.elem_count();
    let axes = Tensor::eye(size, lengths.dtype(), &Device::Cpu).unwrap();
    let axes = axes.broadcast_mul(&lengths).unwrap();
    Tensor::cat(&[&axes, &axes.neg().unwrap()], 0).unwrap()
}

#[test]
fn in_one_dimension_it_is_the_distance_of_means_and_deviations() {
    // Means 0 and 5, variances 2 * 3^2 and 2 * 1^2.
    let found = distance(&rows(&[[-3.0], [3.0]]), &rows(&[[4.0], [6.0]]));
    assert_near(found, 25.0 + 2.0 * (3.0_f64 - 1.0).powi(2), 1e-14);
}

#[test]
fn of_diagonal_covariances_it_is_the_distance_of_deviations() {
    let (a, b) = ([1.0, 0.3, 2.0, 1e-6, 0.0], [0.5, 0.9, 2.0, 0.1, 1.0]);
    let squares: f64 = a.iter().zip(&b).map(|(a, b): (&f64, &f64)| (a - b).powi(2)).sum();
    assert_near(distance(&cross(&a), &cross(&b)), squares * 2.0 / 9.0, 1e-14);
}

#[test]
fn in_two_dimensions_it_has_a_closed_form_for_covariances_that_do_not_commute() {
    let x = rows(&[[1.0, 2.0], [-1.0, 0.5], [0.3, -2.0], [4.0, 1.0]]);
    let y = rows(&[[0.0, 1.0], [-2.0, 0.5], [1.0, 1.0], [0.5, -3.0], [2.0, 2.0]]);
    let moments = |x: &Tensor| {
        let s = statistics(x);
        let (mean, c) = (s.mean().unwrap(), s.covariance().unwrap());
        (mean.to_vec1::<f64>().unwrap(), c.to_vec2::<f64>().unwrap())
    };
    let ((m, a), (n, b)) = (moments(&x), moments(&y));
    let determinant = |c: &[Vec<f64>]| c[0][0] * c[1][1] - c[0][1] * c[1][0];
    let trace_of_product = a[0][0] * b[0][0] + a[1][1] * b[1][1] + 2.0 * a[0][1] * b[0][1];
    // Of a 2 by 2 matrix: tr(M^1/2)^2 = tr M + 2 det(M)^1/2.
    let root = (trace_of_product + 2.0 * (determinant(&a) * determinant(&b)).sqrt()).sqrt();
    let shift = (m[0] - n[0]).powi(2) + (m[1] - n[1]).powi(2);
    let expected = shift + a[0][0] + a[1][1] + b[0][0] + b[1][1] - 2.0 * root;
    assert_near(distance(&x, &y), expected, 1e-13);
}

#[test]
fn of_two_lines_in_many_dimensions_it_depends_on_their_angle() {
    // Samples +-u and +-v: covariances 2 u u^T and 2 v v^T of rank one.
    let (u, v) = (normal(1, 1, 50), normal(2, 1, 50));
    let line = |u: &Tensor| Tensor::cat(&[u, &u.neg().unwrap()], 0).unwrap();
    let dot =
        |a: &Tensor, b: &Tensor| (a * b).unwrap().sum_all().unwrap().to_scalar::<f64>().unwrap();
    let expected = 2.0 * dot(&u, &u) + 2.0 * dot(&v, &v) - 4.0 * dot(&u, &v).abs();
    assert_near(distance(&line(&u), &line(&v)), expected, 1e-12);
}

#[test]
fn scaling_has_a_closed_form_with_fewer_samples_than_features() {
    let x = normal(3, 20, 64);
    let y = x.affine(1.5, 0.0).unwrap();
    let mean = x.mean(0).unwrap().sqr().unwrap().sum_all().unwrap().to_scalar::<f64>().unwrap();
    let expected = 0.25 * (mean + total_variance(&x));
    assert_near(distance(&x, &y), expected, 1e-12);
}

#[test]
fn translation_adds_its_squared_length() {
    for count in [10, 200] {
        let x = normal(4, count, 30);
        let shift = normal(5, 1, 30);
        let length = shift.sqr().unwrap().sum_all().unwrap().to_scalar::<f64>().unwrap();
        let found = distance(&x, &x.broadcast_add(&shift).unwrap());
        assert_near(found, length, 1e-11);
    }
}

#[test]
fn equal_sets_are_at_distance_zero() {
    let spread: Vec<f64> = (0..30).map(|k| 10.0_f64.powf(-0.4 * f64::from(k))).collect();
    let badly_scaled = normal(6, 100, 30)
        .broadcast_mul(&Tensor::new(spread.as_slice(), &Device::Cpu).unwrap())
        .unwrap();
    for x in [normal(7, 200, 30), normal(8, 12, 60), badly_scaled] {
        let found = distance(&x, &x);
        assert!(found < 1e-12 * total_variance(&x), "found {found:e}");
    }
}

#[test]
fn it_is_symmetric() {
    let (x, y) = (normal(9, 40, 24), normal(10, 9, 24).affine(2.0, 1.0).unwrap());
    assert_near(distance(&x, &y), distance(&y, &x), 1e-12);
}

#[test]
fn a_set_that_is_one_point_has_no_spread() {
    let point = rows(&[[1.0, 2.0], [1.0, 2.0]]);
    let x = rows(&[[0.0, 0.0], [2.0, 0.0]]);
    assert_near(distance(&point, &point), 0.0, 0.0);
    assert_near(distance(&point, &x), 4.0 + 2.0, 1e-14);
}
