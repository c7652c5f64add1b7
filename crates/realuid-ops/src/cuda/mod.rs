//! The operations on NVIDIA GPUs: arrays on the device, kernels, cuBLAS and cuDNN.
//!
//! Everything runs on the one stream of its device, in the order in which it was asked for, so
//! memory can be given back while kernels that read it still wait: it is given back on the same
//! stream. Nothing here waits for the device except where values are asked for.

mod adam;
mod array;
mod attention;
mod attention_plan;
mod averages;
mod blocks;
mod cast;
mod channels;
mod concat;
mod context;
mod convolution;
mod cublas;
mod cudnn;
mod device;
mod dropout;
mod elementwise;
mod gradient_norm;
mod gradients;
mod kernel;
mod launch;
mod lent;
mod linear;
mod linear_sums;
mod memory;
mod norm;
mod pack;
mod random;
mod recorded;
mod scratch;
mod sinusoidal_embedding;
mod softmax;
mod softplus;
mod tensor_table;
mod words;

pub(crate) use adam::StepMemory;
pub(crate) use array::{Array, View};
pub(crate) use averages::move_averages;
pub(crate) use cast::cast;
pub(crate) use context::Context;
pub use device::cuda_device;
pub(crate) use elementwise::sum;
pub(crate) use gradient_norm::norm;
pub(crate) use gradients::{add, scale};
pub(crate) use kernel::{CudaBackward, CudaKernel, apply, check_count, context_of};
pub(crate) use launch::{Argument, Launch};
pub use memory::{cuda_peak_bytes, reset_cuda_peak};
pub(crate) use norm::ActivationKernels;
pub(crate) use random::{Law, normal_rows, random, random_device};
pub(crate) use recorded::Recorded;
pub(crate) use sinusoidal_embedding::sinusoidal_embedding;
