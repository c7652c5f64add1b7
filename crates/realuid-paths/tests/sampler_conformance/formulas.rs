//! Single steps against the papers' formulas in plain numbers, and what samplers refuse.

use std::f64::consts::{FRAC_PI_2, PI, SQRT_2};

use candle_core::Tensor;
use realuid_paths::{
    BridgeOde, BridgePosterior, Churn, Ddim, Denoiser, Diffusion, DpmSolver, EdmHeun,
    EulerMaruyama, NoNoise, PathSampler, Result, log_snr_grid, sample,
};

use crate::paths::{BROWNIAN, FormulaPath, LINEAR, NOISE_LEVELS, TRIGONOMETRIC};
use crate::problem::{Problem, Source, tensor};

const START: f64 = 0.4;
const NOISE: f64 = -1.3;

/// The end of `sampler` over `grid` from `START`, with every noise `NOISE`, for data at 0.8.
fn end(sampler: &dyn PathSampler, path: &'static FormulaPath, grid: &[f64]) -> f64 {
    let problem = Problem::point_mass(path, Source::Normal);
    let data = |x: &Tensor, t: &Tensor| problem.data(x, t);
    let mut noise = |_: usize, like: &Tensor| Ok((like.ones_like()? * NOISE)?);
    let denoiser = Denoiser { path, data: &data };
    let end = sample(sampler, &denoiser, &tensor(&[START]), grid, &mut noise).unwrap();
    end.x.get(0).unwrap().get(0).unwrap().to_scalar().unwrap()
}

fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-13, "{found}, not {expected}");
}

#[test]
fn ddim_is_its_equation() {
    // Equations 12 and 16 with alpha-bar = a^2 = cos^2.
    for eta in [0.0, 0.5, 1.0] {
        let (bar, bar_to) = ((FRAC_PI_2 * 0.7).cos().powi(2), (FRAC_PI_2 * 0.4).cos().powi(2));
        let noise = (START - bar.sqrt() * 0.8) / (1.0 - bar).sqrt();
        let fresh = eta * ((1.0 - bar_to) / (1.0 - bar)).sqrt() * (1.0 - bar / bar_to).sqrt();
        let expected =
            bar_to.sqrt() * 0.8 + (1.0 - bar_to - fresh * fresh).sqrt() * noise + fresh * NOISE;
        assert_near(end(&Ddim { eta }, &TRIGONOMETRIC, &[0.7, 0.4]), expected);
    }
}

#[test]
fn dpm_solver_is_its_algorithm() {
    // Algorithm 2 of arXiv 2211.01095 over three times of the linear path, with lambda = ln(a/b) and
    // a denoiser that changes from step to step.
    let lambda = |t: f64| (t / (1.0 - t)).ln();
    let step = |x: f64, d: f64, from: f64, to: f64| {
        let h = lambda(to) - lambda(from);
        (1.0 - to) / (1.0 - from) * x - to * ((-h).exp() - 1.0) * d
    };
    let d = |t: f64| 1.0 + t * t;
    let ratio = (lambda(0.4) - lambda(0.2)) / (lambda(0.9) - lambda(0.4));
    let weight = 1.0 / (2.0 * ratio);
    let middle = step(START, d(0.2), 0.2, 0.4);
    let expected = step(middle, (1.0 + weight) * d(0.4) - weight * d(0.2), 0.4, 0.9);
    let data = |x: &Tensor, t: &Tensor| -> Result<Tensor> {
        Ok(x.zeros_like()?.broadcast_add(&t.sqr()?.affine(1.0, 1.0)?.unsqueeze(1)?)?)
    };
    let denoiser = Denoiser { path: &LINEAR, data: &data };
    let grid = [0.2, 0.4, 0.9];
    let end = sample(&DpmSolver, &denoiser, &tensor(&[START]), &grid, &mut NoNoise).unwrap().x;
    assert_near(end.get(0).unwrap().get(0).unwrap().to_scalar().unwrap(), expected);
}

#[test]
fn churn_is_algorithm_2() {
    let churn = Churn { amount: 0.6, low: 0.5, high: 4.0, noise: 1.1 };
    let sampler = EdmHeun { churn: Some(churn) };
    let levels = [5.0, 3.0, 1.0, 0.0];
    // The normal data 0.8 + 0.6 z has the denoiser 0.8 + 0.36 (x - 0.8) / (0.36 + sigma^2).
    let d = |x: f64, sigma: f64| (x - 0.8 - 0.36 * (x - 0.8) / (0.36 + sigma * sigma)) / sigma;
    let mut x = START;
    for pair in levels.windows(2) {
        let gamma: f64 = if (0.5..=4.0).contains(&pair[0]) { 0.6 / 3.0 } else { 0.0 };
        let raised = pair[0] * (1.0 + gamma);
        x += (raised * raised - pair[0] * pair[0]).sqrt() * 1.1 * NOISE;
        let slope = d(x, raised);
        let euler = x + (pair[1] - raised) * slope;
        x = if pair[1] == 0.0 {
            euler
        } else {
            x + (pair[1] - raised) * 0.5 * (slope + d(euler, pair[1]))
        };
    }
    let problem = Problem::new(&NOISE_LEVELS, Source::Normal);
    let data = |x: &Tensor, t: &Tensor| problem.data(x, t);
    let mut noise = |_: usize, like: &Tensor| Ok((like.ones_like()? * NOISE)?);
    let denoiser = Denoiser { path: &NOISE_LEVELS, data: &data };
    let found = sample(&sampler, &denoiser, &tensor(&[START]), &levels, &mut noise).unwrap();
    assert_near(found.x.get(0).unwrap().get(0).unwrap().to_scalar().unwrap(), x);
    // Churn is capped: at most sqrt 2 - 1, which doubles the variance.
    let much = EdmHeun { churn: Some(Churn { amount: 100.0, high: f64::INFINITY, ..churn }) };
    let expected = 0.8 + (START + 2.0 * 1.1 * NOISE - 0.8) * (1.0 / (2.0 * SQRT_2));
    assert_near(end(&much, &NOISE_LEVELS, &[2.0, 1.0]), expected);
}

#[test]
fn euler_maruyama_is_the_reverse_equation() {
    // On a = cos(pi t/2), b = sin(pi t/2): f = -(pi/2) tan x, g^2 = pi tan, score = -(x - a m) / b^2.
    let (t, h) = (0.6, -0.05);
    let (b, a) = (FRAC_PI_2 * t).sin_cos();
    let score = -(START - a * 0.8) / (b * b);
    let spread = PI * (b / a);
    let drift = -FRAC_PI_2 * (b / a) * START - spread * score;
    let expected = START + drift * h + (spread * -h).sqrt() * NOISE;
    let forward = EulerMaruyama { diffusion: Diffusion::Forward };
    assert_near(end(&forward, &TRIGONOMETRIC, &[t, t + h]), expected);
    // With w = scale |d(b^2)/dt| = scale pi sin cos: the velocity, half of w times the score, noise.
    let spread = 0.7 * PI * a * b;
    let velocity = FRAC_PI_2 * (-b * 0.8 + a * (START - a * 0.8) / b);
    let expected = START + velocity * h - spread / 2.0 * score * h + (spread * -h).sqrt() * NOISE;
    let some = EulerMaruyama { diffusion: Diffusion::SourceVariance { scale: 0.7 } };
    assert_near(end(&some, &TRIGONOMETRIC, &[t, t + h]), expected);
}

#[test]
fn the_brownian_posterior_is_that_of_i2sb() {
    // N((1 - s/t) data + (s/t) x, epsilon s (t - s) / t), epsilon = 1/2.
    let (t, s): (f64, f64) = (0.8, 0.3);
    let std = (0.5 * s * (t - s) / t).sqrt();
    let expected = (1.0 - s / t) * 0.8 + s / t * START + std * NOISE;
    assert_near(end(&BridgePosterior, &BROWNIAN, &[t, s]), expected);
}

#[test]
fn a_log_snr_grid_has_equal_steps_in_log_snr() {
    let lambda = |t: f64| 2.0 * (t / (1.0 - t)).ln();
    let grid = log_snr_grid(&LINEAR, 0.01, 0.999, 7).unwrap();
    assert_eq!((grid[0].to_bits(), grid[7].to_bits()), (0.01_f64.to_bits(), 0.999_f64.to_bits()));
    let step = (lambda(0.999) - lambda(0.01)) / 7.0;
    for pair in grid.windows(2) {
        assert!((lambda(pair[1]) - lambda(pair[0]) - step).abs() < 1e-11);
    }
    let falling = log_snr_grid(&NOISE_LEVELS, 80.0, 0.002, 2).unwrap();
    assert!((falling[1] - 0.4).abs() < 1e-14);
    for (from, to, steps) in [(0.0, 0.9, 4), (0.1, 1.0, 4), (0.1, 0.9, 0), (0.5, 0.5, 3)] {
        assert!(log_snr_grid(&LINEAR, from, to, steps).is_err(), "{from} {to} {steps}");
    }
}

#[test]
fn samplers_refuse_paths_and_numbers_that_are_not_theirs() {
    let churn = |amount, low| Some(Churn { amount, low, high: 1.0, noise: 1.0 });
    let scale = |scale| EulerMaruyama { diffusion: Diffusion::SourceVariance { scale } };
    let pinned = BridgeOde { source: tensor(&[0.0]) };
    let refused: [(&dyn PathSampler, &FormulaPath, &str); 11] = [
        (&DpmSolver, &BROWNIAN, "bridge"),
        (&Ddim { eta: 0.0 }, &BROWNIAN, "bridge"),
        (&scale(1.0), &BROWNIAN, "bridge"),
        (&BridgePosterior, &LINEAR, "DDIM"),
        (&pinned, &LINEAR, "DDIM"),
        (&EdmHeun { churn: None }, &LINEAR, "noise levels"),
        (&EdmHeun { churn: churn(-1.0, 0.0) }, &NOISE_LEVELS, "amount"),
        (&EdmHeun { churn: churn(1.0, 2.0) }, &NOISE_LEVELS, "low <= high"),
        (&Ddim { eta: 1.5 }, &LINEAR, "between 0 and 1"),
        (&Ddim { eta: f64::NAN }, &LINEAR, "between 0 and 1"),
        (&scale(-0.1), &LINEAR, "scale >= 0"),
    ];
    for (sampler, path, reason) in refused {
        let message = sampler.check(path).unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
    }
}

/// A latent that fades faster than any pinned diffusion's.
const FADING: FormulaPath = FormulaPath {
    at: |t| [1.0 - t, t, t * t * (1.0 - t), -1.0, 1.0, 2.0 * t - 3.0 * t * t],
    ..BROWNIAN
};

#[test]
fn singular_starts_are_refused() {
    let message = |sampler: &dyn PathSampler, path: &FormulaPath, grid: &[f64]| {
        let data = |x: &Tensor, _: &Tensor| Ok(x.clone());
        let denoiser = Denoiser { path, data: &data };
        let x = tensor(&[START]);
        let mut noise = |_: usize, like: &Tensor| Ok(like.clone());
        sample(sampler, &denoiser, &x, grid, &mut noise).unwrap_err().to_string()
    };
    let forward = EulerMaruyama { diffusion: Diffusion::Forward };
    assert!(message(&forward, &LINEAR, &[0.0, 0.5]).contains("infinite"));
    assert!(message(&BridgePosterior, &FADING, &[0.6, 0.2]).contains("pinned"));
    let other = BridgeOde { source: tensor(&[0.0, 1.0]) };
    assert!(message(&other, &BROWNIAN, &[0.6, 0.2]).contains("one shape"));
}
