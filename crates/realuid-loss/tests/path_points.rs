//! Losses in another prediction than the networks make.

mod common;

use candle_core::{Device, Tensor, Var};
use common::scalar;
use realuid_loss::{Branches, Objective, PathPoints, RealUid};
use realuid_paths::{
    Coefficients, Ends, Gamma, Heads, Interpolant, Linear, Prediction, PredictionChange, Result,
    StochasticInterpolant, TimeSpan,
};
use realuid_testkit::{assert_close, formula_normal};

const SHAPE: (usize, usize, usize) = (4, 3, 2);
const TIMES: [f64; 4] = [0.1, 0.35, 0.6, 0.85];

/// x_t = cos(t) data + sin(t) source.
struct Circle;

impl Interpolant for Circle {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        let (cos, sin) = (t.cos()?, t.sin()?);
        Ok(Coefficients {
            data_rate: sin.neg()?,
            source_rate: cos.clone(),
            data: cos,
            source: sin,
            latent: t.zeros_like()?,
            latent_rate: t.zeros_like()?,
        })
    }

    fn times(&self) -> TimeSpan {
        TimeSpan { data: 0.0, source: std::f64::consts::FRAC_PI_2 }
    }
}

/// Generated and real branches of what the networks said, and a change of prediction.
struct Case<'a> {
    path: &'a dyn Interpolant,
    change: PredictionChange,
    /// B(t) of g = A x_t + B f.
    scale: fn(f64) -> f64,
}

fn cases() -> Vec<Case<'static>> {
    use Prediction::{Data, Score, Source, V, Velocity};
    let case = |path, from, to, scale| Case { path, change: PredictionChange { from, to }, scale };
    vec![
        case(&Linear as &dyn Interpolant, Velocity, Data, |t| 1.0 - t),
        case(&Linear, Velocity, Source, |t| -t),
        case(&Linear, Data, Source, |t| -t / (1.0 - t)),
        case(&Linear, Data, Score, |t| t / (1.0 - t).powi(2)),
        case(&Circle, Data, Velocity, |t| -1.0 / t.sin()),
        case(&Circle, V, Data, |t| -t.sin()),
        case(&Circle, Source, Data, |t| -t.tan()),
    ]
}

/// The loss of `case` with the networks' outputs `fakes`, in the prediction `to`.
fn branches(case: &Case, fakes: &[Var; 2], to: Prediction) -> Branches {
    let t = Tensor::new(&TIMES, &Device::Cpu).unwrap();
    let source = formula_normal("source", SHAPE).unwrap();
    let branch = |name: &str, fake: &Var| {
        let data = formula_normal(&format!("{name}/data"), SHAPE).unwrap();
        let ends = Ends { data, source: source.clone(), latent: None };
        let x = case.path.interpolate(&ends, &t).unwrap();
        let teacher = formula_normal(&format!("{name}/teacher"), SHAPE).unwrap();
        let points = PathPoints { path: case.path, ends: &ends, x: &x, t: &t };
        let change = PredictionChange { from: case.change.from, to };
        points.branch(Some(&teacher), fake, change).unwrap()
    };
    let real = Some(branch("real", &fakes[1]));
    Branches { generated: branch("generated", &fakes[0]), real, weight: None }
}

fn fakes() -> [Var; 2] {
    ["fake/generated", "fake/real"]
        .map(|name| Var::from_tensor(&formula_normal(name, SHAPE).unwrap()).unwrap())
}

type LossOf = fn(&RealUid, &Branches) -> Tensor;
const LOSSES: [LossOf; 2] =
    [|o, b| o.fake_loss(b).unwrap().total, |o, b| o.generator_loss(b).unwrap().total];

#[test]
fn where_gamma_is_beta_another_prediction_is_a_weight() {
    let fakes = fakes();
    for case in cases() {
        let squares: Vec<f64> = TIMES.iter().map(|t| (case.scale)(*t).powi(2)).collect();
        let mut weighted = branches(&case, &fakes, case.change.from);
        weighted.weight = Some(Tensor::new(squares.as_slice(), &Device::Cpu).unwrap());
        let changed = branches(&case, &fakes, case.change.to);
        for objective in [RealUid::uid(), RealUid::correction(0.4).unwrap()] {
            for loss in LOSSES {
                let (found, expected) = (loss(&objective, &changed), loss(&objective, &weighted));
                let (value, expected_value) = (scalar(&found), scalar(&expected));
                let off = (value - expected_value).abs();
                assert!(off < 1e-11 * expected_value.abs().max(1.0), "{:?}: {off:e}", case.change);
                let (found, expected) = (found.backward().unwrap(), expected.backward().unwrap());
                assert_close(
                    found.get(&fakes[0]).unwrap(),
                    expected.get(&fakes[0]).unwrap(),
                    1e-11,
                );
            }
        }
        // Elsewhere the prediction is a choice of its own.
        let other = RealUid::new(0.5, 1.2).unwrap();
        let values = [&changed, &weighted].map(|b| scalar(&LOSSES[0](&other, b)));
        assert!((values[0] - values[1]).abs() > 1e-2, "{:?}: {values:?}", case.change);
    }
}

#[test]
fn exact_fields_stay_exact() {
    // A fake model that says the target has no error in any prediction.
    for case in cases() {
        let t = Tensor::new(&TIMES, &Device::Cpu).unwrap();
        let ends = Ends {
            data: formula_normal("data", SHAPE).unwrap(),
            source: formula_normal("source", SHAPE).unwrap(),
            latent: None,
        };
        let x = case.path.interpolate(&ends, &t).unwrap();
        let said = case.path.target(case.change.from, &ends, &t).unwrap();
        let points = PathPoints { path: case.path, ends: &ends, x: &x, t: &t };
        let branch = points.branch(None, &said, case.change).unwrap();
        assert!(branch.teacher.is_none());
        assert_close(&branch.fake, &branch.target, 1e-11);
    }
}

#[test]
fn the_loss_of_two_heads_is_the_sum_of_theirs() {
    let path = StochasticInterpolant::new(Gamma::SquareRoot { scale: 2.0 }).unwrap();
    let t = Tensor::new(&TIMES, &Device::Cpu).unwrap();
    let normal = |name: String| formula_normal(&name, SHAPE).unwrap();
    let both = Heads::new(&[Prediction::Velocity, Prediction::Latent]).unwrap();
    let branches = |to: Heads| {
        let branch = |name: &str| {
            let latent = Some(normal(format!("{name}/latent")));
            let (data, source) = (normal(format!("{name}/data")), normal("source".into()));
            let ends = Ends { data, source, latent };
            let x = path.interpolate(&ends, &t).unwrap();
            let said = |who: &str| {
                let head = |head| normal(format!("{name}/{who}/{head}"));
                Tensor::cat(&[head("velocity"), head("latent")], 1).unwrap()
            };
            let points = PathPoints { path: &path, ends: &ends, x: &x, t: &t };
            let change = PredictionChange { from: both, to };
            points.branch(Some(&said("teacher")), &said("fake"), change).unwrap()
        };
        let weight = Some(Tensor::new(&[1.0, 0.5, 2.0, 3.0], &Device::Cpu).unwrap());
        Branches { generated: branch("generated"), real: Some(branch("real")), weight }
    };
    let objective = RealUid::new(0.8, 1.1).unwrap().with_gamma(0.7).unwrap();
    for loss in LOSSES {
        let value = |to| scalar(&loss(&objective, &branches(to)));
        let [velocity, latent] =
            [Prediction::Velocity, Prediction::Latent].map(|p| value(p.into()));
        assert!((value(both) - velocity - latent).abs() < 1e-11, "{velocity} and {latent}");
        assert!(velocity.abs() > 1.0 && latent.abs() > 1.0, "{velocity} and {latent}");
    }
}

#[test]
fn what_the_path_leaves_open_is_an_error() {
    let ends = Ends {
        data: formula_normal("data", (1, 2)).unwrap(),
        source: formula_normal("source", (1, 2)).unwrap(),
        latent: None,
    };
    let t = Tensor::new(&[0.5], &Device::Cpu).unwrap();
    let points = PathPoints { path: &Linear, ends: &ends, x: &ends.data, t: &t };
    let change = PredictionChange { from: Prediction::Velocity, to: Prediction::Latent };
    let message = points.branch(None, &ends.data, change).unwrap_err().to_string();
    assert!(message.contains("converting velocity to latent"), "{message}");
}
