use realuid_metrics::{gaussian_mmd, kid};

use crate::{assert_near, normal, rows};

#[test]
fn kid_of_a_few_points_is_as_by_hand() {
    // (x y + 1)^3: within x 1, within y 27, across (1 + 1 + 8 + 27) / 4.
    let found = kid(&rows(&[[0.0], [1.0]]), &rows(&[[1.0], [2.0]])).unwrap();
    assert_near(found, 1.0 + 27.0 - 2.0 * 37.0 / 4.0, 1e-15);
}

#[test]
fn kid_divides_the_product_by_the_dimension() {
    // Each set is one point twice: (1 + 1)^3 within, (0 + 1)^3 across.
    let (x, y) = (rows(&[[2.0, 0.0, 0.0, 0.0]; 2]), rows(&[[0.0, 2.0, 0.0, 0.0]; 3]));
    assert_near(kid(&x, &y).unwrap(), 8.0 + 8.0 - 2.0, 1e-15);
}

#[test]
fn gaussian_mmd_of_a_few_points_is_as_by_hand() {
    let found = gaussian_mmd(&rows(&[[0.0], [1.0]]), &rows(&[[1.0], [2.0]]), 0.5).unwrap();
    let kernel = |distance: f64| (-2.0 * distance * distance).exp();
    let across = (2.0 * kernel(1.0) + kernel(2.0) + kernel(0.0)) / 4.0;
    assert_near(found, 2.0 * kernel(1.0) - 2.0 * across, 1e-15);
}

#[test]
fn gaussian_mmd_of_gaussians_nears_its_expectation() {
    // In D dimensions E k(X, Y) = (s^2 / (s^2 + 2))^(D/2) exp(-|m|^2 / (2 (s^2 + 2))), unit variances.
    let (x, y) = (normal(1, 1500, 2), normal(2, 1500, 2).affine(1.0, 1.0).unwrap());
    let expected = 2.0 * (1.0 / 3.0) * (1.0 - (-2.0_f64 / 6.0).exp());
    // Five standard deviations of the estimate at this many samples.
    assert!((gaussian_mmd(&x, &y, 1.0).unwrap() - expected).abs() < 0.042);
}

#[test]
fn sets_of_one_distribution_are_near_zero_on_either_side() {
    let found: Vec<f64> =
        (0..100).map(|k| kid(&normal(2 * k, 60, 4), &normal(2 * k + 1, 60, 4)).unwrap()).collect();
    assert!(found.iter().any(|v| *v < 0.0) && found.iter().any(|v| *v > 0.0), "{found:?}");
    // One value has a standard deviation of 0.116, so this is five of the mean; pairing samples with
    // themselves would move it by 0.325.
    let mean = found.iter().sum::<f64>() / 100.0;
    assert!(mean.abs() < 0.06, "mean {mean}");
}
