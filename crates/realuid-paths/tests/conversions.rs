//! Conversions between predictions: exact inside a path, and what happens at its ends.

mod common;

use candle_core::{DType, Tensor};
use common::{ends, times};
use realuid_paths::{
    BrownianBridge, Ends, Error, Interpolant, Linear, Prediction, VarianceExploding,
};
use realuid_testkit::{assert_close, assert_gradients, formula_normal};

const GAUSSIAN: [Prediction; 6] = [
    Prediction::Velocity,
    Prediction::Data,
    Prediction::Source,
    Prediction::Score,
    Prediction::V,
    Prediction::Drift,
];

#[test]
fn velocity_and_v_are_enough_at_both_ends_of_the_linear_path() {
    let t = times(&[0.0, 1.0]);
    let ends = ends(2);
    let x = Linear.interpolate(&ends, &t).unwrap();
    for from in [Prediction::Velocity, Prediction::V] {
        let value = Linear.target(from, &ends, &t).unwrap();
        for to in [Prediction::Data, Prediction::Source, Prediction::Velocity, Prediction::V] {
            let found = Linear.convert(&value, from, to, &x, &t).unwrap();
            assert_close(&found, &Linear.target(to, &ends, &t).unwrap(), 1e-15);
        }
    }
}

#[test]
fn the_one_step_generator_is_noise_plus_velocity() {
    // G(z) = z + v(z, 0): exact in f32 too, because nothing is divided.
    let z = formula_normal("z", (4, 3)).unwrap().to_dtype(DType::F32).unwrap();
    let v = formula_normal("v", (4, 3)).unwrap().to_dtype(DType::F32).unwrap();
    let t = Tensor::zeros(4, DType::F32, z.device()).unwrap();
    let data = Linear.convert(&v, Prediction::Velocity, Prediction::Data, &z, &t).unwrap();
    assert_close(&data, &(&z + &v).unwrap(), 0.0);
}

#[test]
fn data_at_the_data_end_gives_the_limit() {
    // At t = 1 the source is open; its mean is 0, so the velocity of the linear path is the data.
    let t = times(&[1.0, 1.0]);
    let x = formula_normal("x", (2, 3)).unwrap();
    let to = |to| Linear.convert(&x, Prediction::Data, to, &x, &t).unwrap();
    assert_close(&to(Prediction::Velocity), &x, 1e-15);
    assert_close(&to(Prediction::Source), &x.zeros_like().unwrap(), 0.0);
    assert_close(&to(Prediction::V), &x.zeros_like().unwrap(), 0.0);
}

#[test]
fn the_limit_at_the_data_end_is_approached_by_an_exact_field() {
    // Data N(0, 0.25): E[data | x] = t s^2 x / (t^2 s^2 + (1-t)^2); its velocity tends to x.
    let t = times(&[1.0 - 1e-6, 1.0]);
    let x = Tensor::new(&[[0.7], [0.7]], t.device()).unwrap();
    let gain = |t: f64| t * 0.25 / (t * t * 0.25 + (1.0 - t) * (1.0 - t));
    let data = Tensor::new(&[[0.7 * gain(1.0 - 1e-6)], [0.7]], t.device()).unwrap();
    let v = Linear.convert(&data, Prediction::Data, Prediction::Velocity, &x, &t).unwrap();
    let v = v.flatten_all().unwrap().to_vec1::<f64>().unwrap();
    assert!((v[0] - v[1]).abs() < 1e-5, "{v:?}");
}

#[test]
fn a_source_lost_in_rounding_is_at_the_end() {
    // 1e-45 is the smallest f32 above zero: its inverse is infinite.
    let t = Tensor::new(&[1e-45_f32], &candle_core::Device::Cpu).unwrap();
    let x = Tensor::new(&[[0.5_f32]], t.device()).unwrap();
    let path = VarianceExploding::new(80.0).unwrap();
    let source = path.convert(&x, Prediction::Data, Prediction::Source, &x, &t).unwrap();
    assert_eq!(source.to_vec2::<f32>().unwrap(), [[0.0]]);
}

#[test]
fn what_the_end_does_not_hold_is_an_error() {
    let x = formula_normal("x", (2, 3)).unwrap();
    let refused = |from, to, t: f64| {
        let error = Linear.convert(&x, from, to, &x, &times(&[0.5, t])).unwrap_err();
        assert!(matches!(error, Error::Conversion { .. }), "{error}");
        error.to_string()
    };
    for to in [Prediction::Data, Prediction::Velocity, Prediction::V] {
        assert!(refused(Prediction::Source, to, 0.0).contains("source end"));
        assert!(refused(Prediction::Score, to, 0.0).contains("source end"));
    }
    for from in [Prediction::Velocity, Prediction::Data, Prediction::Source, Prediction::V] {
        assert!(refused(from, Prediction::Score, 1.0).contains("score"));
    }
    assert!(refused(Prediction::Data, Prediction::Latent, 0.5).contains("no latent"));
    assert!(refused(Prediction::Latent, Prediction::Data, 0.5).contains("no latent"));
}

#[test]
fn gradients_pass_through_conversions_and_stay_finite_at_the_ends() {
    for from in GAUSSIAN {
        for to in GAUSSIAN {
            assert_gradients(&[&[3, 2], &[3, 2]], |inputs| {
                Linear
                    .convert(&inputs[0], from, to, &inputs[1], &times(&[0.2, 0.5, 0.9]))
                    // The finite difference needs the point among the inputs even where it drops out.
                    .map(|y| (y + (&inputs[1] * 0.5).unwrap()).unwrap())
                    .map(|y| (y + (&inputs[0] * 0.5).unwrap()).unwrap())
            });
        }
    }
    assert_gradients(&[&[2, 2], &[2, 2]], |inputs| {
        let t = times(&[0.0, 1.0]);
        Linear.convert(&inputs[0], Prediction::Data, Prediction::Velocity, &inputs[1], &t)
    });
}

#[test]
fn a_latent_leaves_the_ends_open() {
    let bridge = BrownianBridge::new(0.5).unwrap();
    assert!(bridge.has_latent().unwrap());
    assert!(!VarianceExploding::new(80.0).unwrap().has_latent().unwrap());
    let (x, t) = (formula_normal("x", (1, 3)).unwrap(), times(&[0.3]));
    let convert = |from, to| bridge.convert(&x, from, to, &x, &t);
    assert_close(&convert(Prediction::Data, Prediction::Data).unwrap(), &x, 0.0);
    let message = convert(Prediction::Data, Prediction::Velocity).unwrap_err().to_string();
    assert!(message.contains("converting data to velocity") && message.contains("latent"));
}

#[test]
fn a_missing_latent_is_an_error_and_a_needless_one_is_not_read() {
    let bridge = BrownianBridge::new(0.5).unwrap();
    let (without, t) = (ends(2), times(&[0.3, 0.6]));
    assert!(bridge.interpolate(&without, &t).is_err());
    assert!(bridge.target(Prediction::Velocity, &without, &t).is_err());
    assert!(bridge.target(Prediction::Score, &without, &t).is_err());
    assert!(Linear.target(Prediction::Latent, &without, &t).is_err());
    let with = Ends { latent: Some(formula_normal("latent", (2, 3)).unwrap()), ..ends(2) };
    let expected = Linear.interpolate(&without, &t).unwrap();
    assert_close(&Linear.interpolate(&with, &t).unwrap(), &expected, 0.0);
}

#[test]
fn shapes_that_disagree_are_named() {
    let (ends, x) = (ends(2), formula_normal("x", (2, 4)).unwrap());
    let message = Linear.interpolate(&ends, &times(&[0.5])).unwrap_err().to_string();
    assert!(message.contains("[1] beside [2, 3]"), "{message}");
    let message = Linear
        .convert(&ends.data, Prediction::Data, Prediction::Velocity, &x, &times(&[0.5, 0.5]))
        .unwrap_err()
        .to_string();
    assert!(message.contains("[2, 4]") && message.contains("[2, 3]"), "{message}");
}

#[test]
fn half_precision_points_take_times_in_f32() {
    let t = Tensor::new(&[0.25_f32], &candle_core::Device::Cpu).unwrap();
    let half = |v: f32| Tensor::new(&[[v]], t.device()).unwrap().to_dtype(DType::BF16).unwrap();
    let ends = Ends { data: half(2.0), source: half(-4.0), latent: None };
    let x = Linear.interpolate(&ends, &t).unwrap();
    assert_eq!(x.dtype(), DType::BF16);
    assert_close(&x, &half(-2.5), 0.0);
}
