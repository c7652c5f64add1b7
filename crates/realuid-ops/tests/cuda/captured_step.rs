//! A training step as a CUDA graph.

use candle_core::{DType, Device, Tensor};
use realuid_ops::{Graph, StepConfig, overwrite};

use crate::support::gpu;
use crate::training_state::{RATE, TrainingState};

const MAX_NORM: Option<f64> = Some(2.0);

fn eager(state: &mut TrainingState, learning_rate: f64) -> f64 {
    let gradients = state.gradients("gradient", None);
    let config = StepConfig { learning_rate, max_norm: MAX_NORM };
    let (adam, ema) = (&mut state.adam, &mut state.ema);
    adam.step(&state.parameters, &gradients, config, Some(ema)).unwrap()
}

/// Replays take learning rates and bias corrections from what `prepare` wrote, and other steps of the
/// same optimiser may come between them.
#[test]
fn replays_are_the_steps_they_were_recorded_from() {
    let Some(gpu) = gpu() else { return };
    let (mut plain, mut replayed) = (TrainingState::new(&gpu), TrainingState::new(&gpu));
    let rates = [RATE, RATE / 2.0, RATE / 3.0, RATE / 4.0, RATE / 5.0];
    let norms = rates.map(|rate| eager(&mut plain, rate));

    // The first loads the kernels.
    eager(&mut replayed, rates[0]);
    let gradients = replayed.gradients("gradient", None);
    let norm = Tensor::zeros(1, DType::F64, &gpu).unwrap();
    let TrainingState { parameters, adam, ema, .. } = &mut replayed;
    adam.prepare(RATE).unwrap();
    let graph = Graph::record(&gpu, || {
        let found = adam.enqueue(parameters, &gradients, MAX_NORM, Some(ema))?;
        overwrite(&norm, &found.unsqueeze(0)?)
    });
    adam.withdraw();
    let graph = graph.unwrap();
    let value = || norm.to_device(&Device::Cpu).unwrap().to_vec1::<f64>().unwrap()[0];

    for (index, rate) in rates.iter().enumerate().skip(1) {
        if index == 2 {
            eager(&mut replayed, *rate);
            continue;
        }
        replayed.adam.prepare(*rate).unwrap();
        graph.launch().unwrap();
        assert!((value() - norms[index]).abs() < 1e-12 * norms[index]);
    }
    assert_eq!((replayed.adam.step_count(), replayed.adam.refused_steps().unwrap()), (5, 0));
    assert!(plain.values() == replayed.values());
}
