//! Arithmetic of gradients on a GPU.

use candle_core::Device;
use realuid_ops::{Gradients, Parameters};

use crate::support::gpu;
use crate::training_state::{TrainingState, tensors, values};

fn all(gradients: &Gradients, parameters: &Parameters) -> Vec<f32> {
    let get = |(name, _): (&str, _)| (name.to_owned(), gradients.get(name).unwrap());
    values(&parameters.iter().map(get).collect())
}

#[test]
#[allow(clippy::float_cmp)] // the same bits
fn sums_and_multiples_are_those_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let [here, there] = [Device::Cpu, (*gpu).clone()].map(|device| {
        let state = TrainingState::new(&device);
        let (a, b) = (state.gradients("a", None), state.gradients("b", None));
        let sum = a.clone().add(&b).unwrap();
        let multiple = sum.clone().scale(1.0 / 3.0).unwrap();
        [a, b, sum, multiple].map(|gradients| all(&gradients, &state.parameters))
    });
    // The terms are shared and must have stayed as they were.
    assert!(here == there);
    assert_eq!(here[0], values(&tensors("a", &Device::Cpu)));
}

#[test]
fn norms_and_clipping_are_those_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    for max_norm in [2.0, 1e6] {
        let [(here, norm), (there, other)] = [&Device::Cpu, &gpu].map(|device| {
            let state = TrainingState::new(device);
            let (clipped, norm) = state.gradients("a", None).clip(max_norm).unwrap();
            (all(&clipped, &state.parameters), norm)
        });
        assert!(here == there);
        assert!((norm - other).abs() < 1e-12 * norm, "{norm} {other}");
    }
}

#[test]
fn a_parameter_without_a_gradient_gets_zeros() {
    let Some(gpu) = gpu() else { return };
    let state = TrainingState::new(&gpu);
    let loss = state.parameters.get("p0").unwrap().sum_all().unwrap();
    let gradients = Gradients::of(&loss, &state.parameters).unwrap();
    assert!((gradients.norm().unwrap() - 64.0).abs() < 1e-12); // of 4096 ones
    let zeros = gradients.get("p1").unwrap().to_vec1::<f32>().unwrap();
    assert!(zeros.iter().all(|x| *x == 0.0) && zeros.len() == 3 * 4096);
}
