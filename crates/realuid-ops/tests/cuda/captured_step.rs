//! A training step as a CUDA graph.

use candle_core::cuda::cudarc::driver::sys::{CUgraphInstantiate_flags, CUstreamCaptureMode};
use candle_core::{Device, Tensor};
use realuid_ops::StepConfig;

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
fn replays_are_the_steps_they_were_captured_from() {
    let Some(gpu) = gpu() else { return };
    let stream = gpu.as_cuda_device().unwrap().cuda_stream();
    let (mut plain, mut replayed) = (TrainingState::new(&gpu), TrainingState::new(&gpu));
    let rates = [RATE, RATE / 2.0, RATE / 3.0, RATE / 4.0, RATE / 5.0];
    let norms = rates.map(|rate| eager(&mut plain, rate));

    // The first loads the kernels.
    eager(&mut replayed, rates[0]);
    let gradients = replayed.gradients("gradient", None);
    let (adam, ema) = (&mut replayed.adam, &mut replayed.ema);
    adam.prepare(rates[1]).unwrap();
    stream.begin_capture(CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL).unwrap();
    let norm = adam.enqueue(&replayed.parameters, &gradients, MAX_NORM, Some(ema));
    let flag = CUgraphInstantiate_flags::CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH;
    let graph = stream.end_capture(flag).unwrap().expect("a graph of several launches");
    let norm: Tensor = norm.unwrap();
    let value = || norm.to_device(&Device::Cpu).unwrap().to_scalar::<f64>().unwrap();

    graph.launch().unwrap();
    assert!((value() - norms[1]).abs() < 1e-12 * norms[1]);
    eager(&mut replayed, rates[2]);
    for rate in &rates[3..] {
        replayed.adam.prepare(*rate).unwrap();
        graph.launch().unwrap();
    }
    assert_eq!((replayed.adam.step_count(), replayed.adam.refused_steps().unwrap()), (5, 0));
    assert!(plain.values() == replayed.values());
}
