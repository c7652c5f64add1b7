//! A training step on a GPU: the arithmetic of `optimizer_pass.rs`, in a handful of launches.
#![allow(unsafe_code)]

use std::sync::Arc;

use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::{CudaSlice, DevicePtr};
use candle_core::{CudaDevice, CudaStorage, DType, Shape, Storage, Tensor, op::BackpropOp};

use super::gradient_norm::Squares;
use super::lent::Lent;
use super::scratch::pointer;
use super::tensor_table::TensorTable;
use super::{Argument, Context, Launch};
use crate::Result;
use crate::adam_step::{AdamStep, StepSizes};
use crate::ema::Decay;
use crate::optimizer_pass::OptimizerPass;

/// What an optimiser keeps on its GPU beside the moments.
pub(crate) struct StepMemory {
    context: Arc<Context>,
    /// `StepNumbers` of `kernels/step_numbers.cuh`.
    numbers: CudaSlice<f32>,
    /// Two numbers in f64: the last norm, and how many were not finite.
    report: Tensor,
    report_address: u64,
}

impl StepMemory {
    /// No step so far.
    pub fn new(device: &CudaDevice) -> Result<Self> {
        let context = Context::of(device);
        let numbers = context.stream().alloc_zeros(3).w()?;
        let report = context.stream().alloc_zeros::<f64>(2).w()?;
        let report_address = report.device_ptr(context.stream()).0;
        let storage = Storage::Cuda(CudaStorage::wrap_cuda_slice(report, device.clone()));
        let report = Tensor::from_storage(storage, Shape::from(2), BackpropOp::none(), false);
        Ok(Self { context, numbers, report, report_address })
    }

    /// Puts the numbers of the next step in their place, with gradients as they are.
    pub fn prepare(&self, sizes: StepSizes) -> Result<()> {
        let AdamStep { size, root, .. } = AdamStep::<f32>::new(sizes);
        let (names, arguments) =
            (["adam", "prepare_adam"], [self.numbers(), size.into(), root.into()]);
        // SAFETY: `prepare_adam` takes the place of the numbers and two of them.
        unsafe { self.context.launch(names, DType::F32, Launch::rows(1, 1), &arguments) }
    }

    /// Makes the step that was prepared. Where `max_norm` is given, it is none if the norm of the
    /// gradients is not finite, and if it is above `max_norm` they are scaled down to it.
    pub fn run(&self, pass: &OptimizerPass<'_>, max_norm: Option<f64>) -> Result<()> {
        let gradients = Lent::data(pass.gradients.iter().map(|(_, gradient)| &gradient.data));
        let averages = pass.averages.iter().map(|(_, average)| average);
        let written = [pass.parameters, pass.first, pass.second].into_iter().chain(averages);
        let written: Vec<Lent<'_>> = written.map(Lent::parameters).collect();
        let mut roles = vec![gradients.views()?];
        for tensors in &written {
            roles.push(tensors.views()?);
        }
        let decays: Vec<u64> = pass.averages.iter().map(|(decay, _)| packed(*decay)).collect();
        let table = TensorTable::new(&self.context, &roles, &decays)?;
        if let Some(max_norm) = max_norm {
            self.clip(&table, max_norm)?;
        }
        let AdamStep { beta1, rest1, beta2, rest2, eps, .. } = AdamStep::<f32>::new(pass.sizes);
        let coefficients = [beta1, rest1, beta2, rest2, eps].map(Argument::F32);
        let arguments = [&[decays.len().into(), self.numbers()], &coefficients[..]].concat();
        // SAFETY: `adam` takes the number of averages, the step's numbers and five coefficients; the
        // roles are gradients, parameters, both moments and averages, and the decays stand behind.
        unsafe { table.launch(["adam", "adam"], &arguments) }
    }

    /// Decides from the norm of the table's first role what happens to it.
    fn clip(&self, table: &TensorTable, max_norm: f64) -> Result<()> {
        let report = Argument::Pointer(self.report_address);
        let arguments = [Argument::F64(max_norm), self.numbers(), report];
        let squares = Squares::of(table)?;
        // SAFETY: `clip_tensors` takes, after the squares, the largest norm, the step's numbers and
        // two numbers of f64 for its report.
        unsafe { squares.launch(&self.context, "clip_tensors", &arguments) }
    }

    fn numbers(&self) -> Argument {
        Argument::Pointer(pointer(&self.context, &self.numbers))
    }

    /// The norm of the last step's gradients, wherever it is asked for: always the same memory.
    pub fn norm(&self) -> Result<Tensor> {
        Ok(self.report.get(0)?)
    }

    /// How many steps were refused; waits for the device.
    pub fn refused(&self) -> Result<u64> {
        Ok(self.report.get(1)?.to_scalar::<f64>()? as u64)
    }
}

/// Decay and 1 - decay as one word, the first in its lower half.
fn packed(decay: f64) -> u64 {
    let Decay::<f32> { decay, rest } = Decay::new(decay);
    u64::from(decay.to_bits()) | u64::from(rest.to_bits()) << 32
}
