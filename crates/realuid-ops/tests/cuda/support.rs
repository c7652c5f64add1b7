//! How an operation on a GPU is compared with itself on the CPU.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use candle_core::{DType, Device, Tensor, Var};
use realuid_ops::{RandomStream, Result, Value, cuda_device, on_tape};

/// The GPU, for one test at a time: a device that is opened waits for all others of the process, which
/// breaks what one of them may be recording.
pub struct Gpu {
    device: Device,
    _alone: MutexGuard<'static, ()>,
}

impl Deref for Gpu {
    type Target = Device;

    fn deref(&self) -> &Device {
        &self.device
    }
}

/// The GPU; none where there is none and none is expected.
pub fn gpu() -> Option<Gpu> {
    static ONE: Mutex<()> = Mutex::new(());
    // A test that failed leaves nothing behind that others would see.
    let alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    match cuda_device(0) {
        Ok(device) => Some(Gpu { device, _alone: alone }),
        Err(error) if std::env::var_os("REALUID_EXPECT_CUDA").is_some() => {
            panic!("expected a GPU: {error}")
        }
        Err(error) => {
            eprintln!("no GPU, nothing was compared: {error}");
            None
        }
    }
}

/// Normal values, the same on every device.
pub fn normal(purpose: &str, shape: &[usize]) -> Tensor {
    RandomStream::new(11, purpose, 0).normal(shape, DType::F32, &Device::Cpu).unwrap()
}

/// An operation of activations and parameters, both given as tensors.
pub trait Operation: Fn(&Value, &[Value], &[Tensor]) -> Result<Value> {}
impl<F: Fn(&Value, &[Value], &[Tensor]) -> Result<Value>> Operation for F {}

/// Asserts that `operation` of `activations` (the first is the argument of the tape) and `parameters`
/// has the same result and the same gradients on the GPU as on the CPU: relative to the norm of each,
/// within 1e-4 in f32, and 2e-2 with activations in bf16, 4e-3 in f16.
pub fn compare(activations: &[Tensor], parameters: &[Tensor], operation: impl Operation) {
    let Some(gpu) = gpu() else { return };
    let expected = run(activations, parameters, DType::F32, &Device::Cpu, &operation);
    for (dtype, tolerance) in [(DType::F32, 1e-4), (DType::BF16, 2e-2), (DType::F16, 4e-3)] {
        let found = run(activations, parameters, dtype, &gpu, &operation);
        for (index, (expected, found)) in expected.iter().zip(&found).enumerate() {
            let what = ["result".to_owned(), format!("gradient {}", index.max(1) - 1)];
            let distance = relative_distance(expected, found);
            assert!(distance < tolerance, "{dtype:?}, {}: {distance}", what[index.min(1)]);
        }
    }
}

/// |a - b| / |a|, in f64; an error for another shape or dtype of numbers.
fn relative_distance(expected: &Tensor, found: &Tensor) -> f64 {
    assert_eq!(expected.dims(), found.dims());
    let read = |x: &Tensor| {
        let x = x.to_device(&Device::Cpu).unwrap().to_dtype(DType::F64).unwrap();
        x.flatten_all().unwrap().to_vec1::<f64>().unwrap()
    };
    let (a, b) = (read(expected), read(found));
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let size = norm(&mut a.iter().copied());
    let distance = norm(&mut a.iter().zip(&b).map(|(a, b)| a - b));
    if size == 0.0 { distance } else { distance / size }
}

/// The result, then the gradients of sum(result * fixed values) for activations and parameters.
/// Activations are of `dtype`, parameters f32.
fn run(
    activations: &[Tensor],
    parameters: &[Tensor],
    dtype: DType,
    device: &Device,
    operation: &impl Operation,
) -> Vec<Tensor> {
    let place = |tensor: &Tensor, dtype| {
        Var::from_tensor(&tensor.to_device(device).unwrap().to_dtype(dtype).unwrap()).unwrap()
    };
    let activations: Vec<Var> = activations.iter().map(|x| place(x, dtype)).collect();
    let parameters: Vec<Var> = parameters.iter().map(|x| place(x, DType::F32)).collect();
    let tensors: Vec<Tensor> = parameters.iter().map(|x| x.as_tensor().clone()).collect();
    let result = on_tape(&activations[0], |x| {
        let others: Result<Vec<_>> = activations[1..].iter().map(|other| x.join(other)).collect();
        operation(x, &others?, &tensors)
    })
    .unwrap();
    let weight = normal("weight of the loss", result.dims());
    let weight = weight.to_device(device).unwrap().to_dtype(result.dtype()).unwrap();
    let loss = (&result * weight).unwrap().to_dtype(DType::F32).unwrap().sum_all().unwrap();
    let mut gradients = loss.backward().unwrap();
    let all = activations.iter().chain(&parameters);
    let gradients = all.map(|x| {
        let gradient = gradients.remove(x).expect("a gradient for every input");
        assert_eq!(gradient.dtype(), x.dtype(), "a gradient has the dtype of what it belongs to");
        gradient
    });
    std::iter::once(result.detach()).chain(gradients).collect()
}
