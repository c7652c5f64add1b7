//! Training steps on a GPU against those on the CPU.

use candle_core::{Device, Tensor};
use realuid_ops::StepConfig;

use crate::support::gpu;
use crate::training_state::{RATE, TrainingState};

/// About 200 is the norm of the gradients here.
const MAX_NORMS: [Option<f64>; 4] = [None, Some(1e6), Some(2.0), Some(0.0)];

fn number(tensor: &Tensor) -> f64 {
    tensor.to_scalar().unwrap()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} {b}");
}

/// The arithmetic is the CPU's, rounding for rounding, if the factor is.
#[test]
fn steps_have_the_bits_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let (mut cpu, mut gpu) = (TrainingState::new(&Device::Cpu), TrainingState::new(&gpu));
    for (step, max_norm) in MAX_NORMS.into_iter().enumerate() {
        let norms = [&mut cpu, &mut gpu].map(|state| {
            let gradients = state.gradients(&format!("gradient {step}"), None);
            let config = StepConfig { learning_rate: RATE / (step + 1) as f64, max_norm };
            let (adam, ema) = (&mut state.adam, &mut state.ema);
            adam.step(&state.parameters, &gradients, config, Some(ema)).unwrap()
        });
        close(norms[1], norms[0]);
        assert!(norms[0] > 100.0);
        assert!(cpu.values() == gpu.values(), "step {step}");
    }
    assert_eq!(gpu.adam.step_count(), 4);
}

#[test]
fn single_steps_give_the_same_bits() {
    let Some(gpu) = gpu() else { return };
    let (mut one, mut single) = (TrainingState::new(&gpu), TrainingState::new(&gpu));
    for max_norm in [2.0, 1e6] {
        let gradients = one.gradients("gradient", None);
        let config = StepConfig { learning_rate: RATE, max_norm: Some(max_norm) };
        let norm = one.adam.step(&one.parameters, &gradients, config, Some(&mut one.ema)).unwrap();
        let (clipped, same) = gradients.clip(max_norm).unwrap();
        close(norm, same);
        single.adam.update(&single.parameters, &clipped, RATE).unwrap();
        single.ema.update(&single.parameters).unwrap();
        assert!(one.values() == single.values());
    }
}

#[test]
fn steps_that_do_not_wait_are_the_same_steps() {
    let Some(gpu) = gpu() else { return };
    let (mut waiting, mut other) = (TrainingState::new(&gpu), TrainingState::new(&gpu));
    let mut norms = Vec::new();
    for step in 0..3 {
        let gradients = waiting.gradients(&format!("gradient {step}"), None);
        let (learning_rate, max_norm) = (RATE / f64::from(step + 1), Some(2.0));
        let config = StepConfig { learning_rate, max_norm };
        let (adam, ema) = (&mut waiting.adam, &mut waiting.ema);
        norms.push(adam.step(&waiting.parameters, &gradients, config, Some(ema)).unwrap());
        let (adam, ema) = (&mut other.adam, &mut other.ema);
        adam.prepare(learning_rate).unwrap();
        let norm = adam.enqueue(&other.parameters, &gradients, max_norm, Some(ema)).unwrap();
        close(number(&norm), norms[step as usize]);
    }
    assert!((norms[0] - norms[1]).abs() > 1e-6, "gradients that differ");
    assert!(waiting.values() == other.values());
    assert_eq!((other.adam.step_count(), other.adam.refused_steps().unwrap()), (3, 0));
}

#[test]
fn a_restored_optimiser_continues_bit_for_bit() {
    let Some(gpu) = gpu() else { return };
    let mut state = TrainingState::new(&gpu);
    let config = StepConfig { learning_rate: RATE, max_norm: None };
    let step = |state: &mut TrainingState| {
        let gradients = state.gradients("gradient", None);
        let (adam, ema) = (&mut state.adam, &mut state.ema);
        adam.step(&state.parameters, &gradients, config, Some(ema)).unwrap()
    };
    step(&mut state);
    // By way of the CPU, as through a file.
    let saved = |tensors: std::collections::BTreeMap<String, Tensor>| {
        let there = |(name, tensor): (String, Tensor)| {
            (name, tensor.to_device(&Device::Cpu).unwrap().copy().unwrap())
        };
        tensors.into_iter().map(there).collect()
    };
    let (weights, moments) = (saved(state.parameters.tensors()), saved(state.adam.state()));
    let averages: Vec<_> =
        state.ema.averages().iter().map(|(_, average)| saved(average.tensors())).collect();
    step(&mut state);

    let mut resumed = TrainingState::new(&gpu);
    resumed.parameters.assign(&weights).unwrap();
    resumed.adam.restore(&moments, 1).unwrap();
    for ((_, average), saved) in resumed.ema.averages().iter().zip(averages) {
        average.assign(&saved).unwrap();
    }
    step(&mut resumed);
    assert!(state.values() == resumed.values());
}
