//! Random streams: addresses, moments, distributions, and independence of size and threads.

#![allow(clippy::float_cmp)] // bit-for-bit equality is what several of these are about

use std::collections::BTreeSet;

use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;

const N: usize = 200_000;

fn values(t: &Tensor) -> Vec<f64> {
    t.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn normal(stream: &RandomStream, n: usize, dtype: DType) -> Vec<f64> {
    values(&stream.normal(n, dtype, &Device::Cpu).unwrap())
}

fn uniform(stream: &RandomStream, n: usize, dtype: DType) -> Vec<f64> {
    values(&stream.uniform(n, dtype, &Device::Cpu).unwrap())
}

/// sqrt(n) times the largest distance of the empirical distribution from `cdf`. Above 1.95 with
/// probability 0.001 (Kolmogorov).
fn kolmogorov_smirnov(mut x: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    x.sort_by(f64::total_cmp);
    let n = x.len() as f64;
    let distance = |(i, x): (usize, &f64)| {
        let c = cdf(*x);
        (c - i as f64 / n).max((i + 1) as f64 / n - c)
    };
    x.iter().enumerate().map(distance).fold(0.0, f64::max) * n.sqrt()
}

#[test]
fn values_of_several_streams_stand_side_by_side() {
    let streams: Vec<_> = (0..3).map(|i| RandomStream::new(7, "rows", 3).child(i)).collect();
    let rows = RandomStream::normal_of_each(&streams, (2, 5), DType::F32, &Device::Cpu).unwrap();
    assert_eq!(rows.dims(), [3, 2, 5]);
    for (i, stream) in streams.iter().enumerate() {
        assert_eq!(values(&rows.get(i).unwrap()), normal(stream, 10, DType::F32));
    }
    assert!(RandomStream::normal_of_each(&[], 4, DType::F32, &Device::Cpu).is_err());
}

#[test]
fn uniform_is_uniform() {
    let stream = RandomStream::new(7, "uniform", 3);
    for dtype in [DType::F32, DType::F64] {
        let x = uniform(&stream, N, dtype);
        assert!(x.iter().all(|v| (0.0..1.0).contains(v)));
        let statistic = kolmogorov_smirnov(x, |v| v);
        assert!(statistic < 1.95, "{statistic}");
    }
}

#[test]
fn normal_is_normal() {
    let stream = RandomStream::new(7, "normal", 3);
    let x = normal(&stream, N, DType::F64);
    let moment = |k: i32| x.iter().map(|v| v.powi(k)).sum::<f64>() / N as f64;
    // Each within four of its standard deviations: 1, 2, 15 and 96 over N under the square root.
    for (k, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
        let allowed = 4.0 * f64::sqrt(variance / N as f64);
        assert!((moment(k) - expected).abs() < allowed, "moment {k}: {}", moment(k));
    }
    let pairs = x.chunks_exact(2).map(|p| p[0] * p[1]).sum::<f64>() / (N / 2) as f64;
    assert!(pairs.abs() < 4.0 / f64::sqrt((N / 2) as f64), "cosine and sine: {pairs}");
    let half = std::f64::consts::FRAC_1_SQRT_2;
    let statistic = kolmogorov_smirnov(x, |v| 0.5 * libm::erfc(-v * half));
    assert!(statistic < 1.95, "{statistic}");
}

/// The documented mapping, written out once more from the stream's words.
#[test]
fn values_follow_from_words() {
    let stream = RandomStream::new(1, "mapping", 2);
    let (u, single) = (uniform(&stream, 6, DType::F64), uniform(&stream, 6, DType::F32));
    let z = normal(&stream, 5, DType::F64);
    for k in 0..6 {
        let word = stream.word(k as u64);
        assert_eq!(u[k], (word >> 11) as f64 / 9_007_199_254_740_992.0);
        assert_eq!(u[k], stream.uniform_at(k as u64));
        assert_eq!(single[k], (word >> 40) as f64 / 16_777_216.0);
    }
    for j in 0..3 {
        let radius = (-2.0 * (1.0 - u[2 * j]).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * u[2 * j + 1]).sin_cos();
        assert!((z[2 * j] - radius * cos).abs() < 1e-14);
        assert!(j == 2 || (z[2 * j + 1] - radius * sin).abs() < 1e-14);
    }
}

/// Frozen values, computed once from the documented mapping in another language: a changed stream
/// would silently change every run's results.
#[test]
fn addresses_are_frozen() {
    let stream = RandomStream::new(42, "noise of the fake model", 1000);
    assert_eq!(
        [stream.word(0), stream.word(1)],
        [4_818_234_298_112_837_980, 9_458_304_936_714_606_701]
    );
    assert_eq!(stream.child(5).word(0), 10_039_677_764_109_139_858);
}

#[test]
fn addresses_do_not_meet() {
    let mut first_words = BTreeSet::new();
    let mut count = 0;
    for seed in [0, 1, 2, u64::MAX] {
        for purpose in ["", "a", "b", "ab", "noise", "noise\0", "aaaaaaaa", "aaaaaaaab"] {
            for step in 0..50 {
                let stream = RandomStream::new(seed, purpose, step);
                let children = (0..3).map(|i| stream.child(i));
                for stream in children.chain([stream.clone(), stream.child(0).child(1)]) {
                    first_words.extend([stream.word(0), stream.word(1), stream.word(1 << 40)]);
                    count += 3;
                }
            }
        }
    }
    assert_eq!(first_words.len(), count);
}

#[test]
fn streams_are_uncorrelated() {
    let parent = RandomStream::new(3, "parent", 0);
    let others = [
        parent.child(0),
        RandomStream::new(3, "parent", 1),
        RandomStream::new(4, "parent", 0),
        RandomStream::new(3, "parenu", 0),
    ];
    let x = normal(&parent, N, DType::F64);
    for other in others {
        let y = normal(&other, N, DType::F64);
        let correlation = x.iter().zip(&y).map(|(a, b)| a * b).sum::<f64>() / N as f64;
        assert!(correlation.abs() < 4.0 / (N as f64).sqrt(), "{correlation}");
    }
}

#[test]
fn a_prefix_is_the_same_whatever_the_length_and_the_threads() {
    let stream = RandomStream::new(9, "prefix", 0);
    let long = normal(&stream, 100_001, DType::F32);
    assert_eq!(long[..33], normal(&stream, 33, DType::F32));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert_eq!(long, pool.install(|| normal(&stream, 100_001, DType::F32)));
}

#[test]
fn permutations_are_uniform() {
    let mut counts = [0_usize; 24];
    for step in 0..24_000 {
        let order = RandomStream::new(5, "order", step).permutation(4);
        // Lehmer code: the rank of the order among the 24.
        let smaller = |i: usize| order[i + 1..].iter().filter(|v| **v < order[i]).count();
        counts[smaller(0) * 6 + smaller(1) * 2 + smaller(2)] += 1;
    }
    let chi_square: f64 = counts.iter().map(|c| (*c as f64 - 1000.0).powi(2) / 1000.0).sum();
    assert!(chi_square < 49.7, "{chi_square}"); // 23 degrees of freedom, 0.001
    let mut large = RandomStream::new(5, "large", 0).permutation(1000);
    large.sort_unstable();
    assert!(large.into_iter().eq(0..1000));
    assert!(RandomStream::new(5, "large", 0).permutation(0).is_empty());
}

#[test]
fn other_dtypes_are_refused() {
    let stream = RandomStream::new(0, "dtype", 0);
    let text = stream.normal(3, DType::U32, &Device::Cpu).unwrap_err().to_string();
    assert_eq!(text, "normal: expected dtype F32 or F64, found U32");
}
