//! Weights of items: by the coefficients of the path, and by the teacher's error.

mod common;

use candle_core::{DType, Device, Tensor, Var};
use common::{branches, scalar, tracked, variables};
use realuid_loss::{Branch, Branches, Objective, RealUid, Weighting, data_normaliser};
use realuid_paths::{Interpolant, Linear};
use realuid_testkit::{assert_close, formula_uniform};

fn times(values: &[f64]) -> Tensor {
    Tensor::new(values, &Device::Cpu).unwrap()
}

/// At the times 0, 1/2, 2/3 and 9/10 of the linear path: snr 0, 1, 4 and 81.
fn weights(weighting: Weighting) -> Vec<f64> {
    let coefficients = Linear.coefficients(&times(&[0.0, 0.5, 2.0 / 3.0, 0.9])).unwrap();
    weighting.weights(&coefficients).unwrap().to_vec1().unwrap()
}

fn assert_weights(weighting: Weighting, expected: [f64; 4]) {
    for (found, expected) in weights(weighting).into_iter().zip(expected) {
        let off = (found - expected).abs();
        assert!(off < 1e-12 * expected.max(1.0), "{weighting}: {found}, expected {expected}");
    }
}

#[test]
fn weightings_follow_the_signal_to_noise_ratio() {
    assert_weights(Weighting::Constant, [1.0; 4]);
    assert_weights(Weighting::Snr, [0.0, 1.0, 4.0, 81.0]);
    assert_weights(Weighting::SnrPlusOne, [1.0, 2.0, 5.0, 82.0]);
    assert_weights(Weighting::TruncatedSnr, [1.0, 1.0, 4.0, 81.0]);
    assert_weights(Weighting::MinSnr { limit: 5.0 }, [0.0, 1.0, 4.0, 5.0]);
}

#[test]
fn edm_weighting_is_the_inverse_square_of_its_output_scale() {
    // lambda = 1 / c_out^2, c_out = sigma sigma_data / sqrt(sigma^2 + sigma_data^2), sigma = b / a.
    let sigma_data: f64 = 0.7;
    let lambda = |sigma: f64| (sigma * sigma + sigma_data.powi(2)) / (sigma * sigma_data).powi(2);
    let expected = [sigma_data.powi(-2), lambda(1.0), lambda(0.5), lambda(1.0 / 9.0)];
    assert_weights(Weighting::Edm { sigma_data }, expected);
}

#[test]
fn infinite_weights_and_bad_parameters_are_refused() {
    let at_data = Linear.coefficients(&times(&[0.3, 1.0])).unwrap();
    for weighting in Weighting::ALL {
        let weights = weighting.weights(&at_data);
        if matches!(weighting, Weighting::Constant | Weighting::MinSnr { .. }) {
            assert!(weights.is_ok());
        } else {
            let message = weights.unwrap_err().to_string();
            assert!(message.contains("found inf for item 1"), "{message}");
            assert!(message.contains(weighting.name()), "{message}");
        }
    }
    for found in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Weighting::Edm { sigma_data: found }.weights(&at_data).is_err());
        assert!(Weighting::MinSnr { limit: found }.weights(&at_data).is_err());
    }
}

#[test]
fn names_of_weightings_round_trip() {
    for weighting in Weighting::ALL {
        assert_eq!(weighting.to_string().parse::<Weighting>().unwrap(), weighting);
    }
    let message = "min-snr-5".parse::<Weighting>().unwrap_err().to_string();
    assert!(message.contains("one of constant, edm, snr, snr-plus-one"), "{message}");
    assert!(message.contains("\"min-snr-5\""), "{message}");
}

#[test]
fn the_normaliser_is_the_inverse_of_the_mean_error_without_gradient() {
    let tensor = |values: [[[f64; 2]; 2]; 3]| Var::new(&values, &Device::Cpu).unwrap();
    let data = tensor([[[1.0, 2.0], [0.0, -1.0]], [[0.5; 2]; 2], [[0.0; 2]; 2]]);
    let teacher = tensor([[[0.0, 4.0], [1.0, -1.0]], [[0.25; 2]; 2], [[0.0; 2]; 2]]);
    let weights = data_normaliser(&teacher, &data).unwrap();
    // Errors of 1 + 2 + 1 + 0 over four values, of 1/4, and of nothing.
    assert_close(&weights, &times(&[1.0, 4.0, 1e5]), 1e-12);
    assert!(!weights.track_op());
    let single = |v: &Var| v.to_dtype(DType::F32).unwrap();
    assert_eq!(data_normaliser(&single(&teacher), &single(&data)).unwrap().dtype(), DType::F32);
    let short = data.narrow(1, 0, 1).unwrap();
    let message = data_normaliser(&teacher, &short).unwrap_err().to_string();
    assert!(message.contains("[3, 2, 2]") && message.contains("[3, 1, 2]"), "{message}");
}

#[test]
fn each_item_of_both_branches_has_its_weight() {
    // The loss of a batch is the mean of the losses of its items, each times its weight.
    let objective = RealUid::new(0.8, 1.2).and_then(|o| o.with_gamma(0.9)).unwrap();
    let objective = objective.with_kappa(1.7).unwrap();
    let inputs = variables();
    let weight = (formula_uniform("weight", 4).unwrap() * 3.0).unwrap();
    let mut whole = branches(&tracked(&inputs));
    whole.weight = Some(weight.clone());
    let item = |index: usize| {
        let part = |t: &Tensor| t.narrow(0, index, 1).unwrap();
        let of = |b: &Branch| Branch {
            teacher: b.teacher.as_ref().map(part),
            fake: part(&b.fake),
            target: part(&b.target),
        };
        Branches {
            generated: of(&whole.generated),
            real: whole.real.as_ref().map(of),
            weight: None,
        }
    };
    let weights = weight.to_vec1::<f64>().unwrap();
    let losses: [fn(&RealUid, &Branches) -> Tensor; 2] =
        [|o, b| o.fake_loss(b).unwrap().total, |o, b| o.generator_loss(b).unwrap().total];
    for loss in losses {
        let mut expected = Tensor::new(0.0, &Device::Cpu).unwrap();
        for (index, weight) in weights.iter().enumerate() {
            let part = (loss(&objective, &item(index)) * (weight / 4.0)).unwrap();
            expected = (expected + part).unwrap();
        }
        let found = loss(&objective, &whole);
        assert!((scalar(&found) - scalar(&expected)).abs() < 1e-12);
        let (found, expected) = (found.backward().unwrap(), expected.backward().unwrap());
        for (index, input) in inputs.iter().enumerate() {
            match (found.get(input), expected.get(input)) {
                (Some(found), Some(expected)) => assert_close(found, expected, 1e-12),
                (found, expected) => {
                    assert_eq!(found.is_some(), expected.is_some(), "input {index}");
                }
            }
        }
    }
}
