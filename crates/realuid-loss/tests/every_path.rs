//! The worth of the inner maximum on every path: Monte Carlo over its points and targets gives the
//! closed form.

mod common;
#[path = "../../realuid-paths/tests/common/every_path.rs"]
mod every_path;

use candle_core::{DType, Device, Tensor};
use common::{column, scalar};
use every_path::every_path;
use realuid_loss::{Branch, Branches, Objective, RealUid};
use realuid_ops::RandomStream;
use realuid_paths::{Ends, Interpolant, Prediction};
use realuid_testkit::{GaussianDistillation, Normal, PathPoint};

const GENERATOR: Normal = Normal { mean: 0.7, std: 0.5 };
const DATA: Normal = Normal { mean: -0.3, std: 1.2 };
const SAMPLES: usize = 10_000;
const ROUNDS: usize = 8;

/// Data-free, the paper's, correction.
const COEFFICIENTS: [[f64; 3]; 3] = [[1.0, 1.0, 1.0], [0.92, 0.94, 0.92], [0.5, 2.0, 2.0]];

/// A path at one time, and the prediction in which it is distilled.
struct Case<'a> {
    path: &'a dyn Interpolant,
    time: f64,
    prediction: Prediction,
}

impl Case<'_> {
    /// The coefficients of point and target, read off the path by its own unit ends.
    fn point(&self) -> PathPoint {
        let t = Tensor::new(&[self.time, self.time, self.time], &Device::Cpu).unwrap();
        let unit = |k: usize| column((0..3).map(|i| f64::from(i == k)).collect());
        let ends = Ends { data: unit(0), source: unit(1), latent: Some(unit(2)) };
        let numbers = |tensor: Tensor| -> [f64; 3] {
            tensor.flatten_all().unwrap().to_vec1().unwrap().try_into().unwrap()
        };
        PathPoint {
            point: numbers(self.path.interpolate(&ends, &t).unwrap()),
            target: numbers(self.path.target(self.prediction, &ends, &t).unwrap()),
        }
    }

    fn problem(&self, [alpha, beta, gamma]: [f64; 3]) -> GaussianDistillation {
        let path = self.point();
        GaussianDistillation { path, generator: GENERATOR, data: DATA, alpha, beta, gamma }
    }

    /// -loss of the best fake model over one round of samples.
    fn value(&self, problem: &GaussianDistillation, round: usize) -> f64 {
        let t = Tensor::full(self.time, SAMPLES, &Device::Cpu).unwrap();
        let side = |end: Normal, name: &str| {
            let data = (normals(name, round) * end.std).unwrap().affine(1.0, end.mean).unwrap();
            let latent = Some(normals("latent", round));
            let ends = Ends { data, source: normals("source", round), latent };
            let x = self.path.interpolate(&ends, &t).unwrap().flatten_all().unwrap();
            let x = x.to_vec1::<f64>().unwrap();
            let teacher = column(x.iter().map(|x| problem.path.field(DATA, *x)).collect());
            let difference = column(x.iter().map(|x| problem.best_difference(*x)).collect());
            Branch {
                fake: (&teacher + difference).unwrap(),
                teacher: Some(teacher),
                target: self.path.target(self.prediction, &ends, &t).unwrap(),
            }
        };
        let branches = Branches {
            generated: side(problem.generator, "generated"),
            real: Some(side(problem.data, "real")),
            weight: None,
        };
        let objective =
            RealUid::new(problem.alpha, problem.beta).unwrap().with_gamma(problem.gamma).unwrap();
        -scalar(&objective.fake_loss(&branches).unwrap().total)
    }
}

fn normals(name: &str, round: usize) -> Tensor {
    let stream = RandomStream::new(23, name, round as u64);
    stream.normal((SAMPLES, 1), DType::F64, &Device::Cpu).unwrap()
}

#[test]
fn the_objective_at_the_best_fake_model_is_the_closed_form_on_every_path() {
    for member in every_path() {
        let [time] = member.inside([0.4]);
        for prediction in [Prediction::Velocity, Prediction::Data] {
            let case = Case { path: &*member.path, time, prediction };
            for coefficients in COEFFICIENTS {
                let problem = case.problem(coefficients);
                let rounds: Vec<f64> =
                    (0..ROUNDS).map(|round| case.value(&problem, round)).collect();
                check(&format!("{} {prediction} {coefficients:?}", member.name), &rounds, &problem);
            }
        }
    }
}

fn check(what: &str, rounds: &[f64], problem: &GaussianDistillation) {
    let count = rounds.len() as f64;
    let mean = rounds.iter().sum::<f64>() / count;
    let variance = rounds.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let (error, expected) = ((variance / count).sqrt(), problem.distance());
    assert!(error < 0.1 * expected, "{what}: the error {error} is too large to test {expected}");
    // Student's distribution with 7 degrees of freedom leaves 1e-4 beyond 7 errors.
    assert!(
        (mean - expected).abs() < 7.0 * error,
        "{what}: {mean} +- {error}, expected {expected}"
    );
}
