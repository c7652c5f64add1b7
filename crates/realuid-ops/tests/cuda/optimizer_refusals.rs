//! Steps that must change nothing.

use candle_core::{DType, Device, Tensor};
use realuid_ops::{Adam, AdamConfig, Error, Parameters, StepConfig};

use crate::support::gpu;
use crate::training_state::{RATE, TrainingState};

const CONFIG: StepConfig = StepConfig { learning_rate: RATE, max_norm: Some(1.0) };

#[test]
fn a_norm_that_is_not_finite_changes_nothing() {
    let Some(gpu) = gpu() else { return };
    let mut state = TrainingState::new(&gpu);
    let good = state.gradients("gradient", None);
    state.adam.step(&state.parameters, &good, CONFIG, Some(&mut state.ema)).unwrap();
    let before = state.values();
    for (index, bad) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY].into_iter().enumerate() {
        let bad = state.gradients("gradient", Some(bad));
        let (adam, ema) = (&mut state.adam, &mut state.ema);
        let result = adam.step(&state.parameters, &bad, CONFIG, Some(ema));
        assert!(matches!(result, Err(Error::NotFinite { quantity: "gradient norm", .. })));
        assert_eq!(adam.step_count(), 1);
        adam.prepare(RATE).unwrap();
        let norm = adam.enqueue(&state.parameters, &bad, None, Some(ema)).unwrap();
        assert!(!norm.to_scalar::<f64>().unwrap().is_finite());
        assert_eq!(adam.refused_steps().unwrap(), 2 * (index as u64 + 1));
        adam.restore(&adam.state(), 1).unwrap();
        assert!(before == state.values());
    }
    // And then it goes on.
    let mut other = TrainingState::new(&gpu);
    for _ in 0..2 {
        other.adam.step(&other.parameters, &good, CONFIG, Some(&mut other.ema)).unwrap();
    }
    state.adam.step(&state.parameters, &good, CONFIG, Some(&mut state.ema)).unwrap();
    assert!(other.values() == state.values());
}

#[test]
fn a_step_is_prepared_once_and_made_once() {
    let Some(gpu) = gpu() else { return };
    for device in [(*gpu).clone(), Device::Cpu] {
        let mut state = TrainingState::new(&device);
        let gradients = state.gradients("gradient", None);
        let (adam, before) = (&mut state.adam, state.parameters.fork().unwrap());
        let made = |adam: &mut Adam| adam.enqueue(&state.parameters, &gradients, None, None);
        assert!(matches!(made(adam), Err(Error::Argument { .. })));
        adam.prepare(0.0).unwrap();
        made(adam).unwrap();
        assert!(matches!(made(adam), Err(Error::Argument { .. })));
        let values = |p: &Parameters| crate::training_state::values(&p.tensors());
        assert!(values(&before) == values(&state.parameters), "a rate of zero");
    }
}

#[test]
fn what_an_optimiser_cannot_do_on_a_gpu_is_refused() {
    let Some(gpu) = gpu() else { return };
    let parameters = |dtype, device: &Device| {
        let p = Tensor::ones(3, dtype, device).unwrap();
        Parameters::from_tensors(&[("p".to_owned(), p)].into()).unwrap()
    };
    let config = AdamConfig { beta1: 0.9, beta2: 0.99, eps: 1e-8 };
    let half = Adam::new(&parameters(DType::BF16, &gpu), config).err().unwrap().to_string();
    assert_eq!(half, "Adam::new: expected parameters of dtype F32 on a GPU, found BF16");

    let (here, there) = (parameters(DType::F32, &Device::Cpu), parameters(DType::F32, &gpu));
    let loss = here.get("p").unwrap().sum_all().unwrap();
    let gradients = realuid_ops::Gradients::of(&loss, &here).unwrap();
    let mut adam = Adam::new(&there, config).unwrap();
    let text = adam.update(&there, &gradients, 0.1).unwrap_err().to_string();
    assert!(text.contains("tensors all on one device"), "{text}");
    assert_eq!(adam.step_count(), 0);
}
