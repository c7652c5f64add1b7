use candle_core::Tensor;
use realuid_metrics::{Prdc, prdc};

use crate::{assert_near, normal, rows};

#[test]
fn of_a_few_points_it_is_as_by_hand() {
    // Radii 1, 1, 2 about the real points; 9.5, 1.5, 1.5 about the generated ones. Only 0.5 is inside
    // real balls, the first two; its own ball holds every real point.
    let real = rows(&[[0.0], [1.0], [3.0]]);
    let generated = rows(&[[0.5], [10.0], [11.5]]);
    let Prdc { precision, recall, density, coverage } = prdc(&real, &generated, 1).unwrap();
    assert_near(precision, 1.0 / 3.0, 1e-15);
    assert_near(recall, 1.0, 1e-15);
    assert_near(density, 2.0 / 3.0, 1e-15);
    assert_near(coverage, 2.0 / 3.0, 1e-15);
}

#[test]
fn a_point_at_the_radius_is_outside() {
    let real = rows(&[[0.0], [1.0]]);
    let generated = rows(&[[2.0], [-1.0]]);
    let scores = prdc(&real, &generated, 1).unwrap();
    let nothing = Prdc { precision: 0.0, recall: 1.0, density: 0.0, coverage: 0.0 };
    assert_eq!(scores, nothing);
}

#[test]
fn equal_sets_score_one_in_everything() {
    // The ball of a sample holds itself and k - 1 neighbours; the k-th is at its edge.
    let x = normal(1, 77, 11);
    for k in [1, 5, 76] {
        let ones = Prdc { precision: 1.0, recall: 1.0, density: 1.0, coverage: 1.0 };
        assert_eq!(prdc(&x, &x, k).unwrap(), ones);
    }
}

#[test]
fn sets_far_apart_score_zero() {
    let x = normal(2, 50, 3);
    let zeros = Prdc { precision: 0.0, recall: 0.0, density: 0.0, coverage: 0.0 };
    assert_eq!(prdc(&x, &x.affine(1.0, 1e3).unwrap(), 5).unwrap(), zeros);
}

#[test]
fn a_collapsed_generator_keeps_precision_and_loses_coverage() {
    let real = normal(3, 100, 3);
    let first = real.narrow(0, 0, 1).unwrap();
    let generated = Tensor::cat(&vec![first; 20], 0).unwrap();
    let scores = prdc(&real, &generated, 5).unwrap();
    assert_near(scores.precision, 1.0, 0.0);
    assert!(scores.coverage < 0.15 && scores.recall < 0.02, "{scores:?}");
}
