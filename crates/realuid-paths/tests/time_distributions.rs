//! Distributions of times: golden quantiles, ranges, repeatability, refusals.

use candle_core::{DType, Device};
use realuid_ops::RandomStream;
use realuid_paths::TimeDistribution;

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
    let unchecked = TimeDistribution::Uniform { low: 1.0, high: 0.0 };
    let stream = RandomStream::new(0, "times", 0);
    let message = unchecked.sample(&stream, 1, DType::F32, &Device::Cpu).unwrap_err().to_string();
    assert!(message.contains("low <= high") && message.contains("low: 1.0"), "{message}");
}
