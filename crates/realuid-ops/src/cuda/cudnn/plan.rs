#![allow(unsafe_code)]

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use candle_core::DType;
use candle_core::cuda::cudarc::cudnn::{CudnnError, result, sys};

use super::Task;
use super::algorithm::{Algorithm, Choice};
use super::descriptors::Descriptors;
use crate::Result;
use crate::cuda::Context;
use crate::error::argument;

/// cuDNN on one device: its handle, and how the convolutions seen so far are computed.
pub(crate) struct Cudnn {
    handle: sys::cudnnHandle_t,
    plans: HashMap<Task, Plan>,
}

// SAFETY: cuDNN lets any thread use a handle and its descriptors, one at a time, which the mutex of
// the context sees to.
unsafe impl Send for Cudnn {}

impl Cudnn {
    /// On the stream of `context`, which is current in this thread.
    pub fn new(context: &Context) -> Result<Self> {
        let refused = |error: CudnnError| {
            let expected = "cuDNN 9 to start on this GPU";
            argument("conv2d", expected, error.to_string())
        };
        let handle = result::create_handle().map_err(refused)?;
        let stream = context.stream().cu_stream().cast();
        // SAFETY: the handle was made just now; the stream lives as long as the context, which owns
        // this.
        unsafe { result::set_stream(handle, stream) }.map_err(refused)?;
        Ok(Self { handle, plans: HashMap::new() })
    }

    /// How `task` is computed, decided at its first use.
    pub(super) fn plan(&mut self, task: Task) -> Result<&Plan> {
        let handle = self.handle;
        match self.plans.entry(task) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => Ok(entry.insert(Plan::new(handle, task)?)),
        }
    }
}

/// One pass of a convolution, ready to run.
pub(super) struct Plan {
    handle: sys::cudnnHandle_t,
    task: Task,
    descriptors: Descriptors,
    choice: Choice,
}

/// Addresses of the three arrays of a convolution and of its workspace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrays {
    pub x: u64,
    pub weight: u64,
    pub y: u64,
    pub workspace: u64,
}

impl Plan {
    fn new(handle: sys::cudnnHandle_t, task: Task) -> Result<Self> {
        let descriptors = Descriptors::new(&task)?;
        let choice = Choice::of(handle, &task, &descriptors)?;
        // The estimate holds for this kind of arithmetic; FMA alone was allowed where F32 is not
        // to be rounded, so nothing else is taken there.
        if task.dtype != DType::F32 || task.tf32 {
            // SAFETY: the descriptor lives.
            unsafe { result::set_convolution_math_type(descriptors.convolution, choice.math) }
                .map_err(|error| task.refused("choose the arithmetic", error))?;
        }
        Ok(Self { handle, task, descriptors, choice })
    }

    /// Bytes.
    pub fn workspace(&self) -> usize {
        self.choice.workspace
    }

    /// # Safety
    /// The arrays must be of the task's sizes and dtype, and the workspace of [`Self::workspace`]
    /// bytes, on this device, until this returns.
    pub unsafe fn run(&self, arrays: Arrays) -> Result<()> {
        let Descriptors { x, weight, y, convolution } = self.descriptors;
        let (handle, bytes) = (self.handle, self.workspace());
        let (one, zero) = (1.0_f32, 0.0_f32);
        let (one, zero) = ((&raw const one).cast(), (&raw const zero).cast());
        let x = (x, arrays.x as *mut _);
        let w = (weight, arrays.weight as *mut _);
        let y = (y, arrays.y as *mut _);
        let space = arrays.workspace as *mut _;
        let c = convolution;
        // SAFETY: handle and descriptors live; the arrays are the caller's.
        let status = unsafe {
            match self.choice.algorithm {
                Algorithm::Forward(a) => result::convolution_forward(
                    handle, one, x.0, x.1, w.0, w.1, c, a, space, bytes, zero, y.0, y.1,
                ),
                Algorithm::InputGradient(a) => result::convolution_backward_data(
                    handle, one, w.0, w.1, y.0, y.1, c, a, space, bytes, zero, x.0, x.1,
                ),
                Algorithm::WeightGradient(a) => result::convolution_backward_filter(
                    handle, one, x.0, x.1, y.0, y.1, c, a, space, bytes, zero, w.0, w.1,
                ),
            }
        };
        let what = || format!("run {:?}", self.choice);
        status.map_err(|error| self.task.refused(&what(), error))
    }
}
