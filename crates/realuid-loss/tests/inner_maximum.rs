//! The worth of the inner maximum, for Gaussians where everything is known: the objective at the
//! best fake model is the closed-form integral, and no other fake model does better.

mod common;

use candle_core::{DType, Device, Tensor};
use common::{column, scalar};
use realuid_loss::{Branch, Branches, Objective, RealUid};
use realuid_ops::RandomStream;
use realuid_testkit::{GaussianDistillation, Normal, PathPoint};

const GENERATOR: Normal = Normal { mean: 0.7, std: 0.5 };
const DATA: Normal = Normal { mean: -0.3, std: 1.2 };

/// The coefficients that must hold: data-free, the paper's, gamma apart from both, correction.
const COEFFICIENTS: [[f64; 3]; 5] =
    [[1.0, 1.0, 1.0], [0.92, 0.94, 0.92], [0.8, 0.85, 0.85], [0.9, 0.92, 0.97], [0.5, 2.0, 2.0]];

fn problem([alpha, beta, gamma]: [f64; 3]) -> GaussianDistillation {
    GaussianDistillation {
        path: PathPoint { point: [0.6, 0.4, 0.0], target: [1.0, -1.0, 0.0] },
        generator: GENERATOR,
        data: DATA,
        alpha,
        beta,
        gamma,
    }
}

fn objective(of: &GaussianDistillation) -> RealUid {
    RealUid::new(of.alpha, of.beta).unwrap().with_gamma(of.gamma).unwrap()
}

/// The fake model teacher + difference on the points `x`, with targets `y`.
fn branch(
    of: &GaussianDistillation,
    x: &[f64],
    y: Tensor,
    difference: impl Fn(f64) -> f64,
) -> Branch {
    let teacher = column(x.iter().map(|x| of.path.field(of.data, *x)).collect());
    let difference = column(x.iter().map(|x| difference(*x)).collect());
    Branch { fake: (&teacher + difference).unwrap(), teacher: Some(teacher), target: y }
}

/// J by quadrature through the crate: points of a grid, weighted by the marginal density there.
fn quadrature(of: &GaussianDistillation, difference: impl Fn(f64) -> f64) -> f64 {
    const POINTS: usize = 4001;
    let (low, high) = (-16.0, 16.0);
    let step = (high - low) / (POINTS - 1) as f64;
    let x: Vec<f64> = (0..POINTS).map(|k| low + k as f64 * step).collect();
    let along = |end: Normal, difference: &dyn Fn(f64) -> f64| {
        let y = column(x.iter().map(|x| of.path.field(end, *x)).collect());
        branch(of, &x, y, difference)
    };
    // The loss averages over the batch, so a density becomes a weight of density * step * points.
    let weight = |end: Normal| {
        let marginal = of.path.marginal(end);
        let weights: Vec<f64> =
            x.iter().map(|x| marginal.log_density(*x).exp() * step * POINTS as f64).collect();
        Some(Tensor::from_vec(weights, POINTS, &Device::Cpu).unwrap())
    };
    let generated = Branches {
        generated: along(of.generator, &difference),
        real: None,
        weight: weight(of.generator),
    };
    // A generated branch without difference contributes nothing to the second line.
    let real = Branches {
        generated: along(of.data, &|_| 0.0),
        real: Some(along(of.data, &difference)),
        weight: weight(of.data),
    };
    let objective = objective(of);
    scalar(&objective.generator_loss(&generated).unwrap().total)
        - scalar(&objective.fake_loss(&real).unwrap().total)
}

#[test]
fn the_objective_at_the_best_fake_model_is_the_closed_form() {
    for coefficients in COEFFICIENTS {
        let problem = problem(coefficients);
        let (found, expected) =
            (quadrature(&problem, |x| problem.best_difference(x)), problem.distance());
        assert!(
            (found - expected).abs() < 1e-10 * expected,
            "{coefficients:?}: objective {found}, integral {expected}"
        );
    }
}

#[test]
fn every_other_fake_model_does_worse_by_its_distance_to_the_best() {
    // J is quadratic: leaving the best by e costs integral (alpha p + (1 - alpha) q) e^2.
    let shapes: [fn(f64) -> f64; 4] = [|_| 0.1, |x| 0.2 * x, f64::sin, |x| -0.05 * x * x];
    for coefficients in COEFFICIENTS {
        let problem = problem(coefficients);
        let best = quadrature(&problem, |x| problem.best_difference(x));
        for (k, shape) in shapes.iter().enumerate() {
            let value = quadrature(&problem, |x| problem.best_difference(x) + shape(x));
            let oracle = problem.objective(|x| problem.best_difference(x) + shape(x));
            assert!(value < best - 1e-4, "{coefficients:?}, shape {k}: {value} against {best}");
            assert!((value - oracle).abs() < 1e-9, "shape {k}: crate {value}, oracle {oracle}");
        }
    }
}

#[test]
fn a_perfect_generator_is_worth_nothing() {
    for coefficients in COEFFICIENTS {
        let perfect = GaussianDistillation { generator: DATA, ..problem(coefficients) };
        assert!(perfect.distance().abs() < 1e-20);
        assert!(quadrature(&perfect, |x| perfect.best_difference(x)).abs() < 1e-12);
    }
}

/// Samples of x_t and of the target y, for one end of the path.
fn draw(of: &GaussianDistillation, end: Normal, source: &[f64], name: &str) -> (Vec<f64>, Tensor) {
    let noise = normals(name, source.len());
    let data = noise.iter().map(|z| end.mean + end.std * z);
    let combine = |k: [f64; 3]| move |(d, s): (f64, &f64)| k[0] * d + k[1] * s;
    let x = data.clone().zip(source).map(combine(of.path.point)).collect();
    let y = data.zip(source).map(combine(of.path.target)).collect();
    (x, column(y))
}

fn normals(name: &str, count: usize) -> Vec<f64> {
    let stream = RandomStream::new(11, name, 0);
    stream.normal(count, DType::F64, &Device::Cpu).unwrap().to_vec1().unwrap()
}

#[test]
fn monte_carlo_over_samples_agrees_within_its_error() {
    const SAMPLES: usize = 10_000;
    const ROUNDS: usize = 20;
    for coefficients in COEFFICIENTS {
        let problem = problem(coefficients);
        let objective = objective(&problem);
        let rounds: Vec<f64> = (0..ROUNDS)
            .map(|round| {
                let source = normals(&format!("source/{round}"), SAMPLES);
                let best = |x| problem.best_difference(x);
                let side = |end, name: &str| {
                    let (x, y) = draw(&problem, end, &source, &format!("{name}/{round}"));
                    branch(&problem, &x, y, best)
                };
                let branches = Branches {
                    generated: side(problem.generator, "generated"),
                    real: Some(side(problem.data, "real")),
                    weight: None,
                };
                -scalar(&objective.fake_loss(&branches).unwrap().total)
            })
            .collect();
        let mean = rounds.iter().sum::<f64>() / ROUNDS as f64;
        let variance = rounds.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (ROUNDS - 1) as f64;
        let error = (variance / ROUNDS as f64).sqrt();
        let expected = problem.distance();
        assert!(
            error < 0.02 * expected,
            "{coefficients:?}: the error {error} is too large to test"
        );
        assert!(
            (mean - expected).abs() < 4.0 * error,
            "{coefficients:?}: {mean} +- {error}, expected {expected}"
        );
    }
}
