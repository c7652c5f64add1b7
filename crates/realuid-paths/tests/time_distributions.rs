//! Distributions of times: golden quantiles, ranges, repeatability, refusals; the grid of noise levels.

use candle_core::{DType, Device};
use realuid_ops::RandomStream;
use realuid_paths::{TimeDistribution, karras_grid};

fn draw(distribution: TimeDistribution, step: u64) -> Vec<f64> {
    let stream = RandomStream::new(7, "times", step);
    distribution.sample(&stream, 40_000, DType::F64, &Device::Cpu).unwrap().to_vec1().unwrap()
}

/// The share of times below each bound must be the probability, within four standard errors.
fn check_shares(times: &[f64], expected: &[(f64, f64)]) {
    for &(bound, probability) in expected {
        let share = times.iter().filter(|t| **t < bound).count() as f64 / times.len() as f64;
        let error = (probability * (1.0 - probability) / times.len() as f64).sqrt();
        assert!((share - probability).abs() < 4.0 * error, "below {bound}: {share}");
    }
}

#[test]
fn uniform_shares() {
    let times = draw(TimeDistribution::uniform(0.2, 0.6).unwrap(), 0);
    assert!(times.iter().all(|t| (0.2..0.6).contains(t)));
    check_shares(&times, &[(0.3, 0.25), (0.4, 0.5), (0.5, 0.75)]);
}

#[test]
fn logit_normal_shares() {
    // P(t < sigmoid(mean + std z)) = Phi(z), for z = -1, 0, 1.
    let times = draw(TimeDistribution::logit_normal(-0.4, 1.2).unwrap(), 0);
    let sigmoid = |z: f64| 1.0 / (1.0 + (-(z * 1.2 - 0.4)).exp());
    let phi = 0.841_344_746_068_542_9;
    check_shares(&times, &[(sigmoid(-1.0), 1.0 - phi), (sigmoid(0.0), 0.5), (sigmoid(1.0), phi)]);
}

#[test]
fn log_normal_shares() {
    // P(ln t < mean + std z) = Phi(z), for z = -1, 0, 1.
    let times = draw(TimeDistribution::log_normal(-1.2, 1.2).unwrap(), 0);
    let phi = 0.841_344_746_068_542_9;
    let bound = |z: f64| (z * 1.2 - 1.2).exp();
    check_shares(&times, &[(bound(-1.0), 1.0 - phi), (bound(0.0), 0.5), (bound(1.0), phi)]);
    let (low, high) = (bound(-1.0), bound(1.0));
    let bounded = TimeDistribution::LogNormal { mean: -1.2, std: 1.2, low, high };
    let moved: Vec<f64> = times.iter().map(|t| t.clamp(low, high)).collect();
    assert_eq!(draw(bounded, 0), moved);
}

#[test]
fn discrete_uniform_shares() {
    let times = draw(TimeDistribution::discrete_uniform(3, 7).unwrap(), 0);
    assert!(times.iter().all(|t| [3.0, 4.0, 5.0, 6.0, 7.0].contains(t)));
    check_shares(&times, &[(3.5, 0.2), (4.5, 0.4), (5.5, 0.6), (6.5, 0.8)]);
    let one = TimeDistribution::discrete_uniform(9, 9).unwrap();
    assert!(draw(one, 0).iter().all(|t| t.to_bits() == 9_f64.to_bits()));
}

#[test]
fn no_time_lies_outside_the_range() {
    for distribution in [
        TimeDistribution::uniform(0.2, 0.6).unwrap(),
        TimeDistribution::logit_normal(-0.4, 1.2).unwrap(),
        TimeDistribution::log_normal(-1.2, 1.2).unwrap(),
        TimeDistribution::bounded_log_normal(-1.2, 1.2, 0.1, 0.9).unwrap(),
        TimeDistribution::discrete_uniform(3, 7).unwrap(),
    ] {
        let (low, high) = distribution.range();
        assert!(draw(distribution, 0).iter().all(|t| (low..=high).contains(t)), "{distribution:?}");
    }
    let (low, high) = TimeDistribution::logit_normal(0.0, 1.0).unwrap().range();
    // The largest normal value of 53 bits is 8.57.
    assert!((high - 0.999_81).abs() < 1e-5 && (low + high - 1.0).abs() < 1e-15, "{low}, {high}");
    let bounded = TimeDistribution::bounded_log_normal(-1.2, 1.2, 0.1, 0.9).unwrap();
    assert_eq!(bounded.range(), (0.1, 0.9));
}

#[test]
fn the_grid_of_noise_levels_is_karras_and_others() {
    // numpy: (80^(1/7) + i / 4 (0.002^(1/7) - 80^(1/7)))^7, then 0.
    let expected =
        [80.0, 17.527_831_964_644_11, 2.515_218_976_147_159, 0.169_752_756_268_764_13, 0.002, 0.0];
    let grid = karras_grid(0.002, 80.0, 7.0, 5).unwrap();
    assert_eq!(grid.len(), expected.len());
    for (found, expected) in grid.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-13 * expected, "{found} for {expected}");
    }
    assert_eq!(karras_grid(0.002, 80.0, 7.0, 1).unwrap(), [80.0, 0.0]);
    assert_eq!(karras_grid(0.002, 80.0, 7.0, 2).unwrap(), [80.0, 0.002, 0.0]);
    for (low, high, rho, steps) in
        [(0.0, 80.0, 7.0, 5), (80.0, 80.0, 7.0, 5), (0.1, 80.0, 0.0, 5), (0.1, 80.0, 7.0, 0)]
    {
        assert!(karras_grid(low, high, rho, steps).is_err(), "{low} {high} {rho} {steps}");
    }
}

#[test]
fn the_stream_decides() {
    let distribution = TimeDistribution::logit_normal(0.0, 1.0).unwrap();
    assert_eq!(draw(distribution, 3), draw(distribution, 3));
    assert_ne!(draw(distribution, 3), draw(distribution, 4));
    let narrow = distribution
        .sample(&RandomStream::new(7, "times", 3), 40_000, DType::F32, &Device::Cpu)
        .unwrap();
    assert!(
        (f64::from(narrow.to_vec1::<f32>().unwrap()[9]) - draw(distribution, 3)[9]).abs() < 1e-7
    );
}

#[test]
fn numbers_that_make_no_distribution_are_refused() {
    assert!(TimeDistribution::uniform(0.6, 0.2).is_err());
    assert!(TimeDistribution::uniform(0.0, f64::INFINITY).is_err());
    assert!(TimeDistribution::logit_normal(0.0, 0.0).is_err());
    assert!(TimeDistribution::logit_normal(f64::NAN, 1.0).is_err());
    assert!(TimeDistribution::log_normal(0.0, -1.0).is_err());
    assert!(TimeDistribution::discrete_uniform(2, 1).is_err());
    assert!(TimeDistribution::discrete_uniform(0, 1 << 60).is_err());
    let unchecked = TimeDistribution::Uniform { low: 1.0, high: 0.0 };
    let stream = RandomStream::new(0, "times", 0);
    let message = unchecked.sample(&stream, 1, DType::F32, &Device::Cpu).unwrap_err().to_string();
    assert!(message.contains("low <= high") && message.contains("low: 1.0"), "{message}");
}
