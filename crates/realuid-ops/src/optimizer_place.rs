//! Where the steps of an optimiser are made, and what it keeps there beside the moments.

use candle_core::{Device, Tensor};

use crate::Result;
use crate::adam_step::StepSizes;
#[cfg(feature = "cuda")]
use crate::cuda::StepMemory;
use crate::gradients::clip_factor;
use crate::optimizer_pass::OptimizerPass;

/// The device of the parameters.
pub(crate) enum OptimizerPlace {
    Cpu {
        /// Steps refused so far.
        refused: u64,
    },
    #[cfg(feature = "cuda")]
    Cuda(StepMemory),
}

impl OptimizerPlace {
    /// No step so far.
    #[cfg_attr(
        not(feature = "cuda"),
        expect(clippy::unnecessary_wraps, reason = "memory of a GPU may be short, this is not")
    )]
    pub fn new(device: &Device) -> Result<Self> {
        #[cfg(feature = "cuda")]
        if let Device::Cuda(device) = device {
            return Ok(Self::Cuda(StepMemory::new(device)?));
        }
        let _ = device;
        Ok(Self::Cpu { refused: 0 })
    }

    /// Puts the numbers of the next step where captured steps find them.
    #[cfg_attr(
        not(feature = "cuda"),
        expect(clippy::unnecessary_wraps, unused_variables, reason = "of use to GPUs alone")
    )]
    pub fn prepare(&self, sizes: StepSizes) -> Result<()> {
        match self {
            // There, a step takes them with it.
            Self::Cpu { .. } => Ok(()),
            #[cfg(feature = "cuda")]
            Self::Cuda(memory) => memory.prepare(sizes),
        }
    }

    /// Makes the step that was prepared, with gradients as they are.
    pub fn run(&self, pass: &OptimizerPass) -> Result<()> {
        match self {
            Self::Cpu { .. } => pass.run(),
            #[cfg(feature = "cuda")]
            Self::Cuda(memory) => memory.run(pass, None),
        }
    }

    /// Makes the step that was prepared with gradients scaled to `max_norm` where they are longer, or
    /// none where their norm is not finite; returns that norm.
    pub fn run_clipped(
        &mut self,
        pass: &mut OptimizerPass,
        max_norm: Option<f64>,
    ) -> Result<Tensor> {
        match self {
            Self::Cpu { refused } => {
                let norm = pass.gradients.norm()?;
                if norm.is_finite() {
                    let clipped = |max_norm| clip_factor(max_norm, norm).min(1.0);
                    pass.sizes.factor = max_norm.map_or(1.0, clipped);
                    pass.run()?;
                } else {
                    *refused += 1;
                }
                Ok(Tensor::new(norm, &Device::Cpu)?)
            }
            #[cfg(feature = "cuda")]
            Self::Cuda(memory) => {
                memory.run(pass, Some(max_norm.unwrap_or(f64::INFINITY)))?;
                memory.norm()
            }
        }
    }

    /// Steps refused so far.
    #[cfg_attr(
        not(feature = "cuda"),
        expect(clippy::unnecessary_wraps, reason = "a GPU can fail to say, the CPU cannot")
    )]
    pub fn refused(&self) -> Result<u64> {
        match self {
            Self::Cpu { refused } => Ok(*refused),
            #[cfg(feature = "cuda")]
            Self::Cuda(memory) => memory.refused(),
        }
    }
}
