use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;

use crate::precision::Precision;
use crate::variant::Variant;

/// Where and in which numbers a workload computes.
#[derive(Clone, Debug)]
pub struct Place {
    pub device: Device,
    pub variant: Variant,
}

impl Place {
    /// `device`, everything in f32.
    pub fn exact(device: &Device) -> Self {
        Self { device: device.clone(), variant: Variant::launched(Precision::F32) }
    }

    /// The processor, in f32.
    #[cfg(test)]
    pub fn cpu() -> Self {
        Self::exact(&Device::Cpu)
    }

    /// The dtype of activations.
    pub fn activations(&self) -> DType {
        self.variant.precision.activations()
    }

    /// How networks are computed.
    pub fn execution(&self) -> realuid_models::Execution {
        self.variant.precision.execution()
    }

    /// Standard normal values, f32, a function of `purpose`.
    pub fn normal(&self, purpose: &str, shape: &[usize]) -> Result<Tensor> {
        Ok(RandomStream::new(0, purpose, 0).normal(shape, DType::F32, &self.device)?)
    }

    /// Times evenly within (0, 1), `[batch]`.
    pub fn times(&self, batch: usize) -> Result<Tensor> {
        let times: Vec<f32> = (0..batch).map(|i| (i as f32 + 0.5) / batch as f32).collect();
        Ok(Tensor::from_vec(times, batch, &self.device)?)
    }
}
