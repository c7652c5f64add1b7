//! Products in TF32 on a GPU, in a process of their own: the switch is for a whole process.
#![cfg(feature = "cuda")]

use candle_core::{DType, Device, Tensor};
use realuid_ops::{RandomStream, cuda_device, linear, on_tape, set_tf32};

#[test]
fn products_in_tf32_are_nearly_those_in_f32() {
    let gpu = match cuda_device(0) {
        Ok(gpu) => gpu,
        Err(error) => {
            let expected = std::env::var_os("REALUID_EXPECT_CUDA").is_some();
            assert!(!expected, "expected a GPU: {error}");
            return eprintln!("no GPU, nothing was compared: {error}");
        }
    };
    let draw = |purpose, shape: [usize; 2]| {
        let tensor = RandomStream::new(11, purpose, 0).normal(&shape, DType::F32, &Device::Cpu);
        tensor.unwrap().to_device(&gpu).unwrap()
    };
    let (x, weight) = (draw("x", [64, 128]), draw("weight", [32, 128]));
    let exact = on_tape(&x, |x| linear(x, &weight, None)).unwrap();
    set_tf32(true);
    let rounded = on_tape(&x, |x| linear(x, &weight, None)).unwrap();
    let norm = |x: &Tensor| x.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap().sqrt();
    let distance = norm(&(&rounded - &exact).unwrap()) / norm(&exact);
    assert!(distance < 1e-3, "{distance}");
}
