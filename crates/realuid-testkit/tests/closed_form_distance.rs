//! The closed form of the inner maximum against golden quadrature.

use std::path::Path;

use realuid_testkit::{Fixture, GaussianDistillation, Normal, PathPoint};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    path: String,
    coefficients: [f64; 3],
    target: [f64; 3],
    alpha: f64,
    beta: f64,
    gamma: f64,
    generator: [f64; 2],
    data: [f64; 2],
    distance: f64,
}

#[test]
fn every_row_of_the_golden_distances() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    let fixture = Fixture::open(&root, &root.join("losses/closed-form-distance")).unwrap();
    let golden: Golden = fixture.parse().unwrap();
    assert_eq!(golden.rows.len(), 75);
    for row in golden.rows {
        let problem = problem(&row);
        let (found, expected) = (problem.distance(), row.distance);
        let allowed = (1e-10 * expected).max(1e-12);
        let Row { path, alpha, beta, gamma, .. } = &row;
        assert!(
            (found - expected).abs() <= allowed,
            "{path}, alpha {alpha}, beta {beta}, gamma {gamma}: expected {expected}, found {found}"
        );
        let attained = problem.objective(|x| problem.best_difference(x));
        assert!((attained - expected).abs() <= allowed, "objective at the optimum: {attained}");
    }
}

fn problem(row: &Row) -> GaussianDistillation {
    let normal = |[mean, std]: [f64; 2]| Normal { mean, std };
    GaussianDistillation {
        path: PathPoint { point: row.coefficients, target: row.target },
        generator: normal(row.generator),
        data: normal(row.data),
        alpha: row.alpha,
        beta: row.beta,
        gamma: row.gamma,
    }
}
