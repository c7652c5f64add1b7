//! Networks that predict the latent beside another prediction.

mod common;

use candle_core::Tensor;
use common::every_path::{Member, latent_paths};
use common::{three_ends, times};
use realuid_paths::{
    Coefficients, Ends, Gamma, Heads, Interpolant, Linear, Prediction, PredictionChange, Result,
    StochasticInterpolant, TimeSpan, time_at_log_ratio,
};
use realuid_testkit::{assert_close, assert_gradients, formula_normal, max_relative_error};

use Prediction::{Data, Drift, Latent, Score, Source, V, Velocity};

/// Not at one half, where the schedule of i2sb has a kink.
const INSIDE: [f64; 5] = [0.03, 0.21, 0.46, 0.77, 0.97];

fn heads(main: Prediction) -> Heads {
    Heads::new(&[main, Latent]).unwrap()
}

fn apply(
    path: &dyn Interpolant,
    (from, to): (Heads, impl Into<Heads>),
    value: &Tensor,
    (x, t): (&Tensor, &Tensor),
) -> Result<Tensor> {
    PredictionChange { from, to: to.into() }.apply(path, value, x, t)
}

#[test]
fn every_prediction_follows_from_two_heads_and_back() {
    let ends = three_ends(INSIDE.len());
    for Member { name, path, .. } in latent_paths() {
        let TimeSpan { data, source } = path.times();
        let t = times(&INSIDE.map(|share| data + share * (source - data)));
        let x = path.interpolate(&ends, &t).unwrap();
        for from in [Velocity, Data, Source, V, Drift].map(heads) {
            let said = from.target(path.as_ref(), &ends, &t).unwrap();
            for to in Prediction::ALL {
                let found = apply(path.as_ref(), (from, to), &said, (&x, &t)).unwrap();
                let error = max_relative_error(&found, &path.target(to, &ends, &t).unwrap());
                assert!(error < 1e-9, "{name}: {from} to {to}: {error:e}");
            }
            for to in [Velocity, Data, Source, V, Drift].map(heads) {
                let there = apply(path.as_ref(), (from, to), &said, (&x, &t)).unwrap();
                let back = apply(path.as_ref(), (to, from), &there, (&x, &t)).unwrap();
                let error = max_relative_error(&back, &said);
                assert!(error < 1e-9, "{name}: {from} to {to} and back: {error:e}");
            }
        }
    }
}

/// Data N(0.8, 0.6^2), source N(-0.5, 0.9^2) and a standard normal latent, all independent: the means of
/// velocity, latent, data and source given x_t, from covariances with x_t.
struct Gaussians {
    mean: [f64; 3],
    variance: [f64; 3],
}

const GAUSSIANS: Gaussians = Gaussians { mean: [0.8, -0.5, 0.0], variance: [0.36, 0.81, 1.0] };

impl Gaussians {
    fn mean_of(&self, weights: [f64; 3], k: [f64; 3], x: f64) -> f64 {
        let sum = |of: &dyn Fn(usize) -> f64| (0..3).map(of).sum::<f64>();
        let covariance = sum(&|i| weights[i] * k[i] * self.variance[i]);
        let variance = sum(&|i| k[i] * k[i] * self.variance[i]);
        let away = x - sum(&|i| k[i] * self.mean[i]);
        sum(&|i| weights[i] * self.mean[i]) + covariance / variance * away
    }
}

fn numbers(k: &Coefficients) -> [f64; 6] {
    [&k.data, &k.source, &k.latent, &k.data_rate, &k.source_rate, &k.latent_rate]
        .map(|v| v.to_vec1::<f64>().unwrap()[0])
}

#[test]
fn means_of_gaussians_are_converted_to_their_closed_forms_up_to_the_ends() {
    let cases = [
        (Gamma::SquareRoot { scale: 2.0 }, &[1e-6, 0.3, 0.999][..]),
        (Gamma::Quadratic { scale: 1.5 }, &[0.0, 1e-6, 0.3, 1.0]),
        (Gamma::SineSquared { scale: 0.8 }, &[0.0, 1e-6, 0.3, 1.0]),
    ];
    for (gamma, at) in cases {
        let path = StochasticInterpolant::new(gamma).unwrap();
        for time in at {
            let t = times(&[*time]);
            let [a, b, c, a_rate, b_rate, c_rate] = numbers(&path.coefficients(&t).unwrap());
            let x = 0.37;
            let mean = |weights| GAUSSIANS.mean_of(weights, [a, b, c], x);
            let latent = mean([0.0, 0.0, 1.0]);
            let said =
                Tensor::new(&[[mean([a_rate, b_rate, c_rate]), latent]], t.device()).unwrap();
            let x = Tensor::new(&[[x]], t.device()).unwrap();
            let to = |to| {
                let found = apply(&path, (heads(Velocity), to), &said, (&x, &t)).unwrap();
                found.to_vec2::<f64>().unwrap()[0][0]
            };
            for (prediction, expected) in [
                (Data, mean([1.0, 0.0, 0.0])),
                (Source, mean([0.0, 1.0, 0.0])),
                (V, mean([-b, a, 0.0])),
            ] {
                let off = (to(prediction) - expected).abs();
                assert!(off < 1e-9, "{gamma} at {time}: {prediction} is off by {off:e}");
            }
        }
    }
}

#[test]
fn the_score_is_the_derivative_of_the_log_density() {
    let path = StochasticInterpolant::new(Gamma::SquareRoot { scale: 2.0 }).unwrap();
    let t = times(&[0.3]);
    let [a, b, c, ..] = numbers(&path.coefficients(&t).unwrap());
    let (mean, variance) = (a * 0.8 - b * 0.5, a * a * 0.36 + b * b * 0.81 + c * c);
    let log_density = |x: f64| -(x - mean).powi(2) / (2.0 * variance);
    let (x, step) = (0.37, 1e-5);
    let expected = (log_density(x + step) - log_density(x - step)) / (2.0 * step);
    let latent = GAUSSIANS.mean_of([0.0, 0.0, 1.0], [a, b, c], x);
    let said = Tensor::new(&[[f64::NAN, latent]], t.device()).unwrap();
    let x = Tensor::new(&[[x]], t.device()).unwrap();
    let found = apply(&path, (heads(Velocity), Score), &said, (&x, &t)).unwrap();
    assert!((found.to_vec2::<f64>().unwrap()[0][0] - expected).abs() < 1e-9);
}

#[test]
fn at_an_end_with_an_infinite_rate_heads_are_read_and_not_converted() {
    let path = StochasticInterpolant::new(Gamma::SquareRoot { scale: 2.0 }).unwrap();
    let (x, t) = (formula_normal("x", (2, 3)).unwrap(), times(&[0.0, 1.0]));
    let said = formula_normal("said", (2, 6)).unwrap();
    let from = heads(Velocity);
    let read = |to| apply(&path, (from, to), &said, (&x, &t));
    assert_close(&read(Velocity).unwrap(), &said.narrow(1, 0, 3).unwrap(), 0.0);
    assert_close(&read(Latent).unwrap(), &said.narrow(1, 3, 3).unwrap(), 0.0);
    for to in [Data, Source, V] {
        let message = read(to).unwrap_err().to_string();
        assert!(message.contains("strictly inside"), "{message}");
    }
    assert!(read(Score).is_err());
}

#[test]
fn targets_lie_side_by_side_along_the_first_data_axis() {
    let path = StochasticInterpolant::new(Gamma::Quadratic { scale: 1.0 }).unwrap();
    let normal = |name| formula_normal(name, (2, 3, 4, 4)).unwrap();
    let ends =
        Ends { data: normal("data"), source: normal("source"), latent: Some(normal("latent")) };
    let t = times(&[0.2, 0.9]);
    let both = heads(Velocity).target(&path, &ends, &t).unwrap();
    assert_eq!(both.dims(), [2, 6, 4, 4]);
    let head = |index: usize| both.narrow(1, 3 * index, 3).unwrap();
    assert_close(&head(0), &path.target(Velocity, &ends, &t).unwrap(), 0.0);
    assert_close(&head(1), &ends.latent.clone().unwrap(), 0.0);
    let x = path.interpolate(&ends, &t).unwrap();
    let data = apply(&path, (heads(Velocity), Data), &both, (&x, &t)).unwrap();
    assert_close(&data, &ends.data, 1e-12);
}

#[test]
fn gradients_pass_through_both_heads() {
    let path = StochasticInterpolant::new(Gamma::SquareRoot { scale: 2.0 }).unwrap();
    let t = times(&[0.2, 0.6, 0.9]);
    for to in [Data.into(), heads(Source), heads(Data)] {
        assert_gradients(&[&[3, 4], &[3, 2]], |inputs| {
            apply(&path, (heads(Velocity), to), &inputs[0], (&inputs[1], &t))
        });
    }
    assert_gradients(&[&[3, 2], &[3, 2]], |inputs| {
        let ends =
            Ends { data: inputs[0].clone(), latent: Some(inputs[1].clone()), ..three_ends(1) };
        let ends = Ends { source: formula_normal("source", (3, 2)).unwrap(), ..ends };
        heads(Velocity).target(&path, &ends, &t)
    });
}

#[test]
fn what_is_not_side_by_side_or_has_no_latent_is_refused() {
    let path = StochasticInterpolant::new(Gamma::Quadratic { scale: 1.0 }).unwrap();
    let (x, t) = (formula_normal("x", (2, 3)).unwrap(), times(&[0.3, 0.6]));
    let refused = |path: &dyn Interpolant, said: &Tensor, to| {
        apply(path, (heads(Velocity), to), said, (&x, &t)).unwrap_err().to_string()
    };
    let message = refused(&path, &x, Data);
    assert!(message.contains("velocity and latent side by side"), "{message}");
    assert!(message.contains("[2, 3] at points [2, 3]"), "{message}");
    let said = formula_normal("said", (2, 6)).unwrap();
    assert!(refused(&Linear, &said, Data).contains("no latent"));
    for list in
        [&[][..], &[Latent, Velocity], &[Score, Latent], &[Latent, Latent], &[Velocity, Data]]
    {
        assert!(Heads::new(list).unwrap_err().to_string().contains("velocity and latent"));
    }
}

#[test]
fn the_time_of_a_ratio_is_found_on_every_path_with_latent() {
    for Member { name, path, .. } in latent_paths() {
        for ratio in [-2.0, -0.9, 0.0, 1.7] {
            let time = time_at_log_ratio(path.as_ref(), ratio).unwrap();
            let [a, b, ..] = numbers(&path.coefficients(&times(&[time])).unwrap());
            assert!(((a / b).ln() - ratio).abs() < 1e-9, "{name}: {ratio} at {time}");
        }
    }
}
