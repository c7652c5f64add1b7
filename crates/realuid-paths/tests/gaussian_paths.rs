//! Signal-to-noise ratios and their inverse, the tables of discrete schedules, and a teacher of one
//! Gaussian path on another.

mod common;

use candle_core::{DType, Device, Tensor};
use common::every_path::gaussian_paths;
use common::{ends, times};
use realuid_paths::{
    ChangeOfPath, Coefficients, Ddpm, Error, GaussianPath, Interpolant, Linear, Prediction,
    PredictionChange, Result, TimeSpan, VarianceExploding, VpLinear,
};
use realuid_testkit::{GaussianMixture, assert_close};

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().to_vec1().unwrap()
}

#[test]
fn snr_is_the_square_of_the_ratio_of_coefficients() {
    for member in gaussian_paths() {
        let t = times(&member.inside([0.1, 0.5, 0.9]));
        let k = member.path.coefficients(&t).unwrap();
        let ratio = (k.data.sqr().unwrap() / k.source.sqr().unwrap()).unwrap();
        assert_close(&member.path.snr(&t).unwrap(), &ratio, 1e-12);
        assert_close(&member.path.log_snr(&t).unwrap(), &ratio.log().unwrap(), 1e-12);
    }
}

#[test]
fn log_snr_is_inverted_and_the_ends_are_their_own() {
    for member in gaussian_paths() {
        let TimeSpan { data, source } = member.path.times();
        let inside = member.inside([1e-4, 0.1, 0.5, 0.9, 0.9999]);
        let t = times(&[inside.as_slice(), &[data, source]].concat());
        let back = member.path.time_at_log_snr(&member.path.log_snr(&t).unwrap()).unwrap();
        for (back, t) in values(&back).into_iter().zip(values(&t)) {
            let off = (back - t).abs() / (data - source).abs();
            assert!(off < 1e-11, "{}: {back} for {t}", member.name);
        }
    }
}

/// A path without a closed form of the inverse.
struct Bare<'a>(&'a dyn GaussianPath);

impl Interpolant for Bare<'_> {
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients> {
        self.0.coefficients(t)
    }

    fn times(&self) -> TimeSpan {
        self.0.times()
    }
}

impl GaussianPath for Bare<'_> {}

#[test]
fn closed_forms_are_what_bisection_finds() {
    for member in gaussian_paths() {
        let log_snr = times(&[-4.0, -0.3, 0.0, 1.0, 6.0]);
        // The falling schedule reaches only -1.85.
        let log_snr = if member.data_left > 0.1 { log_snr.abs().unwrap() } else { log_snr };
        let closed = member.path.time_at_log_snr(&log_snr).unwrap();
        let bisected = Bare(&*member.path).time_at_log_snr(&log_snr).unwrap();
        assert_close(&closed, &bisected, 1e-11);
    }
}

#[test]
fn a_log_snr_beyond_the_ends_is_refused_and_rounding_is_not() {
    let vp = VpLinear::new(0.1, 20.0).unwrap();
    // ln(a^2 / b^2) = -10.05 at t = 1.
    let error = vp.time_at_log_snr(&times(&[0.0, -10.2])).unwrap_err();
    assert!(matches!(error, Error::Argument { .. }));
    assert!(error.to_string().contains("-10.04") && error.to_string().contains("-10.2"), "{error}");
    assert!(vp.time_at_log_snr(&times(&[f64::NEG_INFINITY])).is_err());
    assert!(vp.time_at_log_snr(&times(&[f64::NAN])).is_err());
    let single = Tensor::new(&[1.0_f32], &Device::Cpu).unwrap();
    let back = vp.time_at_log_snr(&vp.log_snr(&single).unwrap()).unwrap();
    assert!((values(&back)[0] - 1.0).abs() < 1e-6);
}

#[test]
fn known_ratios() {
    // Flow matching at one half; EDM at sigma 2: 1 / 4; the first step of DDPM: beta 1e-4.
    assert!(values(&Linear.log_snr(&times(&[0.5])).unwrap())[0].abs() < 1e-15);
    let edm = VarianceExploding::new(80.0).unwrap();
    assert!((values(&edm.snr(&times(&[2.0])).unwrap())[0] - 0.25).abs() < 1e-15);
    let ddpm = Ddpm::linear(1e-4, 0.02, 1000).unwrap();
    assert!((values(&ddpm.snr(&times(&[0.0])).unwrap())[0] / 9999.0 - 1.0).abs() < 1e-12);
}

#[test]
fn discrete_schedules_are_the_published_tables() {
    // numpy: cumprod(1 - beta) at the steps 0, 1, 500 and 999.
    const STEPS: [f64; 4] = [0.0, 1.0, 500.0, 999.0];
    const LINEAR: [f64; 4] =
        [0.9999, 0.999_780_092_072_072_1, 0.077_796_658_365_023_89, 4.035_829_765_375_676e-5];
    const COSINE: [f64; 4] = [
        0.999_958_715_775_178,
        0.999_912_575_927_367_8,
        0.492_285_172_448_803_04,
        2.428_766_907_034_856_7e-9,
    ];
    let linear = Ddpm::linear(1e-4, 0.02, 1000).unwrap();
    let kept = |ddpm: &Ddpm, at: &[f64]| {
        values(&ddpm.coefficients(&times(at)).unwrap().data.sqr().unwrap())
    };
    let close = |found: Vec<f64>, expected: &[f64]| {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found / expected - 1.0).abs() < 1e-9, "{found} for {expected}");
        }
    };
    close(kept(&linear, &STEPS), &LINEAR);
    let cosine = Ddpm::cosine(0.008, 1000).unwrap();
    close(kept(&cosine, &STEPS), &COSINE);
}

#[test]
fn between_steps_the_log_snr_is_linear() {
    let ddpm = Ddpm::linear(1e-4, 0.02, 1000).unwrap();
    let l = values(&ddpm.log_snr(&times(&[41.0, 41.25, 42.0])).unwrap());
    assert!((l[1] - (0.75 * l[0] + 0.25 * l[2])).abs() < 1e-12);
    assert!(ddpm.coefficients(&times(&[999.5])).is_err());
    assert!(ddpm.coefficients(&times(&[-0.5])).is_err());
    for wrong in [Ddpm::linear(0.0, 0.02, 9), Ddpm::linear(1e-4, 1.0, 9), Ddpm::cosine(-1.0, 9)] {
        assert!(wrong.is_err());
    }
    assert!(Ddpm::linear(1e-4, 0.02, 1).is_err());
}

fn mixture() -> GaussianMixture {
    GaussianMixture {
        weights: vec![0.3, 0.7],
        means: vec![vec![-2.0, 1.0, 0.3], vec![1.5, -0.5, 0.1]],
        stds: vec![0.4, 0.6],
    }
}

/// The exact field of the mixture on a path.
fn exact(
    path: &dyn GaussianPath,
    prediction: Prediction,
    x: &Tensor,
    t: &Tensor,
) -> Result<Tensor> {
    let k = path.coefficients(t)?;
    let means = mixture().posterior_means(x, &k.data, &k.source).map_err(Error::field)?;
    path.convert(&means.data, Prediction::Data, prediction, x, t)
}

#[test]
fn a_teacher_of_any_path_is_exact_on_any_other() {
    use Prediction::{Data, Score, Source, V, Velocity};
    let ends = ends(4);
    for here in gaussian_paths() {
        // Log-SNRs that all of them reach.
        let t = here.path.time_at_log_snr(&times(&[-1.5, -0.5, 2.0, 4.0])).unwrap();
        let x = here.path.interpolate(&ends, &t).unwrap();
        for there in gaussian_paths() {
            let change = ChangeOfPath { from: &*here.path, to: &*there.path };
            for (predicted, wanted) in
                [(Data, Velocity), (Source, Data), (Velocity, Score), (V, V), (Score, Source)]
            {
                let teacher = |x: &Tensor, t: &Tensor| exact(&*there.path, predicted, x, t);
                let field =
                    change.field(&teacher, PredictionChange { from: predicted, to: wanted });
                let found = realuid_paths::Field::predict(&field, &x, &t).unwrap();
                let expected = exact(&*here.path, wanted, &x, &t).unwrap();
                assert_close(&found, &expected, 1e-9);
            }
        }
    }
}

#[test]
fn noise_levels_become_preserved_variance_by_a_scale() {
    // x / sqrt(1 + sigma^2) is a point of a variance-preserving path.
    let (edm, vp) = (VarianceExploding::new(80.0).unwrap(), VpLinear::new(0.1, 20.0).unwrap());
    let t = times(&[0.5, 3.0, 20.0, 0.1]);
    let x = edm.interpolate(&ends(4), &t).unwrap();
    let (found, there) = ChangeOfPath { from: &edm, to: &vp }.point(&x, &t).unwrap();
    let scale = (t.sqr().unwrap() + 1.0).unwrap().sqrt().unwrap().recip().unwrap();
    let expected = x.broadcast_mul(&scale.unsqueeze(1).unwrap()).unwrap();
    assert_close(&found, &expected, 1e-12);
    assert_close(&vp.interpolate(&ends(4), &there).unwrap(), &expected, 1e-12);
}

#[test]
fn both_ends_change_where_the_other_path_reaches_them() {
    let gvp = realuid_paths::Gvp;
    let t = times(&[0.0, 1.0]);
    let x = Linear.interpolate(&ends(2), &t).unwrap();
    let (found, there) = ChangeOfPath { from: &Linear, to: &gvp }.point(&x, &t).unwrap();
    assert_close(&found, &x, 1e-15);
    assert_close(&there, &t, 1e-15);
    let vp = VpLinear::new(0.1, 20.0).unwrap();
    let message = ChangeOfPath { from: &Linear, to: &vp }.point(&x, &t).unwrap_err().to_string();
    assert!(message.contains("further inside"), "{message}");
}
