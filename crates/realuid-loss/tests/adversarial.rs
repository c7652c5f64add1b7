//! The adversarial baseline against closed forms, at ordinary and at absurd logits.

mod common;

use candle_core::{Device, Tensor, Var};
use common::scalar;
use realuid_loss::{Adversarial, Loss};
use realuid_testkit::assert_gradients;

fn logits(values: &[f64]) -> Var {
    Var::new(values, &Device::Cpu).unwrap()
}

fn gradients<const N: usize>(loss: &Loss, of: [&Var; N]) -> [Vec<f64>; N] {
    let gradients = loss.total.backward().unwrap();
    of.map(|var| gradients.get(var).unwrap().to_vec1().unwrap())
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[test]
fn values_and_gradients_at_ordinary_logits() {
    let adversarial = Adversarial::new(3.0, 0.5).unwrap();
    let (generated, real) = ([0.0, 0.7, -2.0, 5.0], [-0.3, 0.0]);
    let (g, r) = (logits(&generated), logits(&real));
    let critic = adversarial.critic_loss(&g, &r).unwrap();
    let expected = 3.0
        * (generated.iter().map(|h| softplus(*h)).sum::<f64>() / 4.0
            + real.iter().map(|h| softplus(-h)).sum::<f64>() / 2.0);
    assert!((scalar(&critic.total) - expected).abs() < 1e-14);
    let [on_generated, on_real] = gradients(&critic, [&g, &r]);
    for (found, h) in on_generated.iter().zip(generated) {
        assert!((found - 3.0 * sigmoid(h) / 4.0).abs() < 1e-15, "at {h}: {found}");
    }
    for (found, h) in on_real.iter().zip(real) {
        assert!((found + 3.0 * sigmoid(-h) / 2.0).abs() < 1e-15, "at {h}: {found}");
    }
    let generator = adversarial.generator_loss(&g).unwrap();
    let expected = 0.5 * generated.iter().map(|h| softplus(-h)).sum::<f64>() / 4.0;
    assert!((scalar(&generator.total) - expected).abs() < 1e-14);
    let [on_generated] = gradients(&generator, [&g]);
    for (found, h) in on_generated.iter().zip(generated) {
        assert!((found + 0.5 * sigmoid(-h) / 4.0).abs() < 1e-15, "at {h}: {found}");
    }
}

#[test]
fn absurd_logits_stay_finite() {
    let adversarial = Adversarial::new(1.0, 1.0).unwrap();
    let g = logits(&[1e4, -1e4]);
    let critic = adversarial.critic_loss(&g, &g).unwrap();
    assert_eq!(scalar(&critic.total).to_bits(), 1e4_f64.to_bits());
    assert_eq!(gradients(&critic, [&g]), [[0.5, -0.5]]);
    let generator = adversarial.generator_loss(&g).unwrap();
    assert_eq!(scalar(&generator.total).to_bits(), 5e3_f64.to_bits());
    assert_eq!(gradients(&generator, [&g]), [[0.0, -0.5]]);
    let single = Tensor::new(&[1e4_f32, -1e4], &Device::Cpu).unwrap();
    let total = adversarial.generator_loss(&single).unwrap().total;
    assert_eq!(total.to_scalar::<f32>().unwrap().to_bits(), 5e3_f32.to_bits());
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let adversarial = Adversarial::new(1.3, 0.4).unwrap();
    assert_gradients(&[&[3, 1], &[3, 1]], |inputs| {
        adversarial.critic_loss(&inputs[0], &inputs[1]).map(|loss| loss.total)
    });
    assert_gradients(&[&[3, 1]], |inputs| {
        adversarial.generator_loss(&inputs[0]).map(|loss| loss.total)
    });
}

#[test]
fn weights_must_be_positive() {
    assert!(Adversarial::new(0.0, 1.0).is_err());
    let message = Adversarial::new(1.0, f64::NAN).unwrap_err().to_string();
    assert!(message.contains("generator_weight = NaN"), "{message}");
}
