use realuid_metrics::{mode_weights, total_variation};

use crate::{assert_near, normal, rows};

#[test]
fn a_few_points_are_counted_as_by_hand() {
    let centres = rows(&[[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]]);
    let samples = rows(&[
        [0.3, 0.4],  // 0.5 from the first: on it
        [-0.6, 0.8], // 1 from the first: on its border
        [1.9, 0.0],  // 1.9 from the first: its own, but on none
        [4.0, 0.5],  // on the second
        [2.0, 0.0],  // as near to the first as to the second: the first's
        [0.0, 9.0],  // the third's, on none
        [5.0, -3.0], // the second's, on none
        [0.1, 2.5],  // on the third
    ]);
    let found = mode_weights(&samples, &centres, 1.0).unwrap();
    assert_eq!(found.weights, [0.5, 0.25, 0.25]);
    assert_near(found.on_modes, 4.0 / 8.0, 1e-15);
    assert_near(mode_weights(&samples, &centres, 0.7).unwrap().on_modes, 3.0 / 8.0, 1e-15);
    assert_near(mode_weights(&samples, &centres, 100.0).unwrap().on_modes, 1.0, 1e-15);
}

#[test]
fn the_share_within_a_radius_is_that_of_the_normal_distribution() {
    // In the plane |x| <= r has the probability 1 - exp(-r^2 / 2); 20,000 samples of one mode at the
    // second of two centres: standard deviation 0.0035 at r = 1.
    let samples = normal(1, 20_000, 2).affine(1.0, 50.0).unwrap();
    let centres = rows(&[[0.0, 0.0], [50.0, 50.0]]);
    for radius in [1.0_f64, 2.0, 3.0] {
        let found = mode_weights(&samples, &centres, radius).unwrap();
        assert_eq!(found.weights, [0.0, 1.0]);
        let expected = 1.0 - (-radius * radius / 2.0).exp();
        assert!((found.on_modes - expected).abs() < 0.014, "{radius}: {}", found.on_modes);
    }
}

#[test]
fn total_variation_is_half_the_sum_of_differences() {
    let tv = |p: &[f64], q: &[f64]| total_variation(p, q).unwrap();
    assert_near(tv(&[0.5, 0.5, 0.0], &[0.25, 0.25, 0.5]), 0.5, 1e-15);
    assert_near(tv(&[1.0, 0.0], &[0.0, 1.0]), 1.0, 1e-15);
    assert_near(tv(&[0.3, 0.7], &[0.3, 0.7]), 0.0, 1e-15);
    // A teacher without one of eight modes and with half of another, to even data: 1/8 + the half
    // mode's 1/8 - 1/13.
    let teacher = [0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0].map(|weight| weight / 6.5);
    assert_near(tv(&teacher, &[0.125; 8]), 0.125 + 0.125 - 1.0 / 13.0, 1e-15);
}
