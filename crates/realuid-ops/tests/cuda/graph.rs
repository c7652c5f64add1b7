//! Work that was recorded once and is repeated.

use candle_core::{Device, Tensor, Var};
use realuid_ops::{Error, Gradients, Graph, Parameters, linear, on_tape, overwrite, silu};

use crate::support::{gpu, normal};

fn values(x: &Tensor) -> Vec<f32> {
    x.to_device(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// A pass forward and back, with candle's operations around ours: what a training step is made of.
#[test]
fn a_launch_does_the_work_again_with_what_its_inputs_hold_then() {
    let Some(gpu) = gpu() else { return };
    let draw = |purpose, shape: &[usize]| normal(purpose, shape).to_device(&gpu).unwrap();
    let weight = Var::from_tensor(&draw("weight", &[5, 7])).unwrap();
    let named = [("weight".to_owned(), weight.as_tensor().clone())].into();
    let parameters = Parameters::from_tensors(&named).unwrap();
    let weight = parameters.get("weight").unwrap().clone();
    let gradient = |x: &Tensor| -> Result<Tensor, Error> {
        let y = on_tape(x, |x| silu(&linear(x, &weight, None)?))?;
        // A narrow view has strides, which candle copies to the GPU.
        let loss = (y.narrow(1, 1, 3)?.sqr()? * 0.5)?.sum_all()?;
        Ok(Gradients::of(&loss, &parameters)?.get("weight").expect("it is a parameter"))
    };
    let inputs: Vec<Tensor> = ["first", "second", "third"].map(|name| draw(name, &[4, 7])).into();
    let expected: Vec<_> = inputs.iter().map(|x| values(&gradient(x).unwrap())).collect();

    let (x, found) = (inputs[0].copy().unwrap(), weight.zeros_like().unwrap());
    Graph::rehearse(&gpu, || gradient(&x)).unwrap();
    let graph = Graph::record(&gpu, || overwrite(&found, &gradient(&x)?)).unwrap();
    assert!(values(&found).iter().all(|value| *value == 0.0), "recording does nothing");
    for (input, expected) in inputs.iter().zip(&expected) {
        overwrite(&x, input).unwrap();
        graph.launch().unwrap();
        assert_eq!(&values(&found), expected);
    }
}

/// Reading a value, as any wait for the device, cannot be recorded; what comes after is not the worse.
#[test]
#[allow(clippy::float_cmp)] // small integers
fn what_cannot_be_recorded_is_an_error_that_leaves_the_device_as_it_was() {
    let Some(gpu) = gpu() else { return };
    let x = Tensor::new(&[1.0_f32, 2.0], &gpu).unwrap();
    let sum = || -> Result<f32, Error> { Ok((&x + 1.0)?.sum_all()?.to_scalar::<f32>()?) };
    assert_eq!(sum().unwrap(), 5.0);
    assert!(Graph::record(&gpu, || sum().map(drop)).is_err());
    assert_eq!(sum().unwrap(), 5.0);
}

/// Waiting for the device breaks the recording itself, and memory can no longer be freed in it.
#[test]
fn a_broken_recording_is_ended_too() {
    let Some(gpu) = gpu() else { return };
    let x = Tensor::new(&[1.0_f32, 2.0], &gpu).unwrap();
    let more = || &x + 1.0;
    Graph::rehearse(&gpu, more).unwrap();
    let recorded = Graph::record(&gpu, || -> Result<(), Error> {
        let _held = more()?;
        Ok(gpu.synchronize()?)
    });
    assert!(recorded.is_err());
    assert_eq!(values(&more().unwrap()), [2.0, 3.0]);
}
