//! What every path is held to.

mod common;

use candle_core::{DType, Device, Tensor};
use common::every_path::{Member, every_path, gaussian_paths, latent_paths};
use common::{ends, three_ends, times};
use realuid_ops::RandomStream;
use realuid_paths::{Coefficients, Ends, Interpolant, KnownEnd, KnownPoint, Prediction, TimeSpan};
use realuid_testkit::{Normal, PathPoint, formula_normal, max_relative_error};

use Prediction::{Data, Drift, Latent, Score, Source, V, Velocity};

/// Not at one half, where the schedule of i2sb has a kink.
const INSIDE: [f64; 5] = [0.03, 0.21, 0.46, 0.77, 0.97];

/// a, b, c, a', b', c' at one time, in f64.
fn at(path: &dyn Interpolant, t: f64) -> [f64; 6] {
    numbers(&path.coefficients(&times(&[t])).unwrap())
}

fn numbers(k: &Coefficients) -> [f64; 6] {
    [&k.data, &k.source, &k.latent, &k.data_rate, &k.source_rate, &k.latent_rate]
        .map(|v| v.to_dtype(DType::F64).unwrap().to_vec1::<f64>().unwrap()[0])
}

#[test]
fn rates_are_the_derivatives_of_coefficients() {
    for member in every_path() {
        let TimeSpan { data, source } = member.path.times();
        let length = (source - data).abs();
        for t in member.inside(INSIDE) {
            let step = 1e-5 * length;
            let (before, now, after) = (t - step, at(&*member.path, t), t + step);
            let (before, after) = (at(&*member.path, before), at(&*member.path, after));
            for part in 0..3 {
                let difference = (after[part] - before[part]) / (2.0 * step);
                let off = (now[part + 3] - difference).abs();
                let allowed = 1e-6 * (difference.abs() + 1.0 / length);
                assert!(
                    off < allowed,
                    "{} at {t}, part {part}: rate {}, difference {difference}",
                    member.name,
                    now[part + 3]
                );
            }
        }
    }
}

#[test]
fn the_ends_are_where_times_says() {
    for Member { name, path, source_left, data_left } in every_path() {
        let TimeSpan { data, source } = path.times();
        let [a, b, c, ..] = at(&*path, data);
        assert!(
            (a * a + b * b - 1.0).abs() < 1e-14 && b <= source_left,
            "{name}: {a}, {b} at data"
        );
        assert!(c.abs() < 1e-15, "{name}: latent {c} at the data end");
        let [a, b, c, ..] = at(&*path, source);
        assert!(b > 0.0 && a <= data_left * b, "{name}: {a}, {b} at the source end");
        assert!(c.abs() < 1e-15, "{name}: latent {c} at the source end");
    }
}

#[test]
fn nothing_is_nan_up_to_the_ends_in_any_precision() {
    for Member { name, path, .. } in every_path() {
        let TimeSpan { data, source } = path.times();
        for dtype in [DType::F32, DType::F64] {
            let t = times(&[data, source]).to_dtype(dtype).unwrap();
            for k in 0..2 {
                let found = numbers(&path.coefficients(&t.narrow(0, k, 1).unwrap()).unwrap());
                assert!(found.iter().all(|v| !v.is_nan()), "{name} {dtype:?}: {found:?}");
                assert!(found[..3].iter().all(|v| v.is_finite()), "{name} {dtype:?}: {found:?}");
            }
        }
    }
}

#[test]
fn single_precision_keeps_small_coefficients() {
    for member in every_path() {
        for t in member.inside([1e-4, 0.5, 0.9999]) {
            let single = times(&[t]).to_dtype(DType::F32).unwrap();
            let found = numbers(&member.path.coefficients(&single).unwrap());
            let rounded = single.to_dtype(DType::F64).unwrap();
            let exact = numbers(&member.path.coefficients(&rounded).unwrap());
            for part in 0..3 {
                let off = (found[part] - exact[part]).abs();
                assert!(
                    off <= 5e-6 * exact[part].abs(),
                    "{} at {t}, part {part}: {} for {}",
                    member.name,
                    found[part],
                    exact[part]
                );
            }
        }
    }
}

#[test]
fn conversions_invert_each_other_on_gaussian_paths() {
    let all = [Velocity, Data, Source, Score, V, Drift];
    let ends = ends(INSIDE.len());
    for member in gaussian_paths() {
        let t = times(&member.inside(INSIDE));
        let x = member.path.interpolate(&ends, &t).unwrap();
        let target = |p| member.path.target(p, &ends, &t).unwrap();
        for (from, to) in pairs(&all, &all) {
            let found = member.path.convert(&target(from), from, to, &x, &t).unwrap();
            check_close(&found, &target(to), 1e-10, &format!("{}: {from} to {to}", member.name));
        }
    }
}

#[test]
fn conversions_invert_each_other_on_paths_with_latent() {
    let ends = three_ends(INSIDE.len());
    let latent = ends.latent.clone().unwrap();
    let beside_source = pairs(
        &[Data, Latent, Velocity, Score, Drift],
        &[Data, Latent, Velocity, Score, Drift, Source],
    );
    let beside_latent = pairs(
        &[Data, Source, Velocity, V, Drift],
        &[Data, Source, Velocity, V, Drift, Score, Latent],
    );
    for member in latent_paths() {
        let (path, t) = (&member.path, times(&member.inside(INSIDE)));
        let x = path.interpolate(&ends, &t).unwrap();
        let target = |p| path.target(p, &ends, &t).unwrap();
        let check = |found, to, from, beside| {
            let what = format!("{}: {from} to {to} beside {beside}", member.name);
            check_close(&found, &target(to), 1e-9, &what);
        };
        for (from, to) in [(Data, Drift), (Drift, Data), (Latent, Score), (Score, Latent)] {
            check(path.convert(&target(from), from, to, &x, &t).unwrap(), to, from, "nothing");
        }
        let source = KnownPoint { x: &x, t: &t, known: KnownEnd::Source(&ends.source) };
        for (from, to) in &beside_source {
            let found = path.convert_given(&source, &target(*from), *from, *to).unwrap();
            check(found, *to, *from, "the source");
        }
        let known = KnownPoint { known: KnownEnd::Latent(&latent), ..source };
        for (from, to) in &beside_latent {
            let found = path.convert_given(&known, &target(*from), *from, *to).unwrap();
            check(found, *to, *from, "the latent");
        }
    }
}

#[test]
fn at_the_ends_a_conversion_is_finite_or_refused() {
    let (ends, value) = (three_ends(1), formula_normal("value", (1, 3)).unwrap());
    let latent = ends.latent.clone().unwrap();
    for Member { name, path, .. } in every_path() {
        let TimeSpan { data, source } = path.times();
        for (dtype, time) in
            [DType::F32, DType::F64].into_iter().flat_map(|d| [(d, data), (d, source)])
        {
            let t = times(&[time]).to_dtype(dtype).unwrap();
            let x = path.interpolate(&ends, &t).unwrap();
            let point = |known| KnownPoint { x: &x, t: &t, known };
            for (from, to) in pairs(&Prediction::ALL, &Prediction::ALL) {
                let beside = |known| path.convert_given(&point(known), &value, from, to);
                let results = [
                    path.target(to, &ends, &t),
                    path.convert(&value, from, to, &x, &t),
                    beside(KnownEnd::Source(&ends.source)),
                    beside(KnownEnd::Latent(&latent)),
                ];
                for (k, found) in results.into_iter().enumerate() {
                    let Ok(found) = found else { continue };
                    assert!(
                        values(&found).iter().all(|v| v.is_finite()),
                        "{name} at {time} {dtype:?}: {from} to {to}, way {k}: {found}"
                    );
                }
            }
        }
    }
}

fn pairs(from: &[Prediction], to: &[Prediction]) -> Vec<(Prediction, Prediction)> {
    from.iter().flat_map(|from| to.iter().map(|to| (*from, *to))).collect()
}

fn check_close(found: &Tensor, expected: &Tensor, tolerance: f64, what: &str) {
    let error = max_relative_error(found, expected);
    assert!(error <= tolerance, "{what}: {error:e}");
}

#[test]
fn the_marginal_target_of_a_gaussian_is_its_closed_form() {
    const SAMPLES: usize = 20_000;
    let end = Normal { mean: 0.8, std: 0.6 };
    let normal =
        |name| RandomStream::new(5, name, 0).normal((SAMPLES, 1), DType::F64, &Device::Cpu);
    let ends = Ends {
        data: (normal("data").unwrap() * end.std).unwrap().affine(1.0, end.mean).unwrap(),
        source: normal("source").unwrap(),
        latent: Some(normal("latent").unwrap()),
    };
    for member in every_path() {
        for time in member.inside([0.21, 0.5, 0.77]) {
            let [a, b, c, a_rate, b_rate, c_rate] = at(&*member.path, time);
            let t = Tensor::full(time, SAMPLES, &Device::Cpu).unwrap();
            let x = values(&member.path.interpolate(&ends, &t).unwrap());
            let y = values(&member.path.target(Velocity, &ends, &t).unwrap());
            let point = PathPoint { point: [a, b, c], target: [a_rate, b_rate, c_rate] };
            // What the conditional mean leaves of y has mean zero beside any function of x.
            let marginal = point.marginal(end);
            let standard = |x: f64| (x - marginal.mean) / marginal.std;
            let functions: [&dyn Fn(f64) -> f64; 3] = [&|_| 1.0, &standard, &|x| standard(x).cos()];
            for (k, function) in functions.iter().enumerate() {
                let products =
                    x.iter().zip(&y).map(|(x, y)| (y - point.field(end, *x)) * function(*x));
                let (mean, error) = mean_and_error(&products.collect::<Vec<_>>());
                let name = member.name;
                assert!(mean.abs() < 4.5 * error, "{name} at {time}, {k}: {mean} +- {error}");
            }
        }
    }
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}
