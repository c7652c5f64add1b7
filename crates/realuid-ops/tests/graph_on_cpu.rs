//! Recorded work belongs to GPUs.

use candle_core::{Device, Tensor};
use realuid_ops::{Error, Graph, overwrite};

#[test]
fn the_cpu_records_nothing_and_says_so() {
    let recorded = Graph::record(&Device::Cpu, || -> Result<(), Error> { unreachable!() });
    let Err(error) = recorded else { panic!("expected an error") };
    let message = error.to_string();
    assert!(message.contains("expected a CUDA GPU") && message.contains("Cpu"), "{message}");
    assert_eq!(Graph::rehearse(&Device::Cpu, || 7), 7);
}

#[test]
fn overwriting_reaches_all_that_share_the_memory() {
    let tensor = |values: &[f32; 4]| Tensor::new(values, &Device::Cpu).unwrap();
    let x = tensor(&[1.0, 2.0, 3.0, 4.0]);
    let view = x.reshape((2, 2)).unwrap();
    overwrite(&x, &tensor(&[5.0, 6.0, 7.0, 8.0])).unwrap();
    assert_eq!(view.to_vec2::<f32>().unwrap(), [[5.0, 6.0], [7.0, 8.0]]);
    let error = overwrite(&x, &view).unwrap_err().to_string();
    assert!(error.contains("[4]") && error.contains("[2, 2]"), "{error}");
}
