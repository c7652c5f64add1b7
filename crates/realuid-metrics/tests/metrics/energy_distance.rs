use realuid_metrics::energy_distance;

use crate::{assert_near, normal, rows};

#[test]
fn of_a_few_points_it_is_as_by_hand() {
    // Means over all pairs: across (1 + 3 + 0 + 2) / 4, within (0 + 1 + 1 + 0) / 4 and (2 + 2) / 4.
    let found = energy_distance(&rows(&[[0.0], [1.0]]), &rows(&[[1.0], [3.0]])).unwrap();
    assert_near(found, 2.0 * 1.5 - 0.5 - 1.0, 1e-15);
    // The length of (3, 4) is 5; each set is a single point.
    let apart = energy_distance(&rows(&[[0.0, 0.0]; 2]), &rows(&[[3.0, 4.0]; 3])).unwrap();
    assert_near(apart, 10.0, 1e-15);
}

#[test]
fn equal_sets_are_at_distance_zero() {
    let x = normal(1, 70, 13);
    assert_near(energy_distance(&x, &x).unwrap(), 0.0, 1e-15);
}

#[test]
fn in_one_dimension_it_is_the_integral_of_the_difference_of_distribution_functions() {
    let (x, y) = (normal(2, 45, 1), normal(3, 33, 1).affine(1.0, 0.4).unwrap());
    let values = |x: &candle_core::Tensor| x.flatten_all().unwrap().to_vec1::<f64>().unwrap();
    let (a, b) = (values(&x), values(&y));
    let mut points = [a.clone(), b.clone()].concat();
    points.sort_unstable_by(f64::total_cmp);
    let share =
        |set: &[f64], at: f64| set.iter().filter(|v| **v <= at).count() as f64 / set.len() as f64;
    let integral: f64 = points
        .windows(2)
        .map(|w| (share(&a, w[0]) - share(&b, w[0])).powi(2) * (w[1] - w[0]))
        .sum();
    assert_near(energy_distance(&x, &y).unwrap(), 2.0 * integral, 1e-13);
}
