//! The ADM UNet as published for CIFAR-10: 35,746,307 parameters.

use anyhow::Result;
use candle_core::{DType, Device, Tensor};
use realuid_loss::{Loss, matching_loss};
use realuid_models::{AdmUnetConfig, Condition, NetworkConfig};
use realuid_ops::{Ema, Parameters, RandomStream};
use realuid_train::config::{Decay, OptimizerConfig};
use realuid_train::learner::{Learner, LearnerConfig};

use crate::cost::Cost;
use crate::workload::{Execution, Workload};

/// Of one forward pass for one image, counted with PyTorch's FlopCounterMode.
const FORWARD_FLOPS: f64 = 12.444e9;
/// A training step is a forward pass and the gradients of both operands of every product.
const TRAINING_FACTOR: f64 = 3.0;

pub fn workloads() -> Vec<Box<dyn Workload>> {
    vec![
        Box::new(Forward { batch: 1 }),
        Box::new(Forward { batch: 8 }),
        Box::new(Training { batch: 8 }),
    ]
}

/// `UNetModelWrapper(dim=(3, 32, 32), num_res_blocks=2, num_channels=128, channel_mult=[1, 2, 2, 2],
/// num_heads=4, num_head_channels=64, attention_resolutions="16")`.
pub fn config() -> NetworkConfig {
    NetworkConfig::AdmUnet(AdmUnetConfig {
        channel_mult: Some(vec![1.0, 2.0, 2.0, 2.0]),
        num_heads: 4,
        num_head_channels: 64,
        ..AdmUnetConfig::new([3, 32, 32], 128, 2)
    })
}

/// Fresh values of `network`.
pub fn parameters(network: &NetworkConfig) -> Result<Parameters> {
    Ok(network.initialise(&RandomStream::new(0, "benchmark weights", 0), &Device::Cpu)?)
}

/// Standard normal values, a function of `purpose`.
pub fn normal(purpose: &'static str, shape: &[usize]) -> Result<Tensor> {
    Ok(RandomStream::new(0, purpose, 0).normal(shape, DType::F32, &Device::Cpu)?)
}

/// Times evenly within (0, 1), `[batch]`.
pub fn times(batch: usize) -> Result<Tensor> {
    let times: Vec<f32> = (0..batch).map(|i| (i as f32 + 0.5) / batch as f32).collect();
    Ok(Tensor::from_vec(times, batch, &Device::Cpu)?)
}

/// The optimiser of the published training: Adam, gradients clipped at a norm of 1.
pub fn optimizer() -> OptimizerConfig {
    OptimizerConfig {
        learning_rate: 2e-4,
        betas: [0.9, 0.999],
        eps: 1e-8,
        warmup: 0,
        decay: Decay::Constant,
        gradient_clip: 1.0,
    }
}

/// A prediction that nobody differentiates: one-step sampling.
struct Forward {
    batch: usize,
}

impl Workload for Forward {
    fn name(&self) -> String {
        format!("unet/forward-{}", self.batch)
    }

    fn cost(&self) -> Cost {
        Cost::flops(FORWARD_FLOPS * self.batch as f64)
    }

    fn prepare(&self) -> Result<Execution> {
        prediction(&config(), self.batch)
    }
}

/// A training step: matching loss, gradients, clipping, Adam, one average.
struct Training {
    batch: usize,
}

impl Workload for Training {
    fn name(&self) -> String {
        format!("unet/train-{}", self.batch)
    }

    fn cost(&self) -> Cost {
        Cost::flops(FORWARD_FLOPS * TRAINING_FACTOR * self.batch as f64)
    }

    fn measures_memory(&self) -> bool {
        true
    }

    fn prepare(&self) -> Result<Execution> {
        training(&config(), self.batch)
    }
}

/// Executes a forward pass of `network` without gradients.
pub fn prediction(network: &NetworkConfig, batch: usize) -> Result<Execution> {
    let frozen = network.build_frozen(&parameters(network)?)?;
    let x = normal("benchmark x", &[&[batch], network.data_shape().as_slice()].concat())?;
    let t = times(batch)?;
    Ok(Box::new(move || {
        frozen.forward(&x, &t, &Condition::none())?;
        Ok(())
    }))
}

/// Executes a training step of `network` on the linear path.
pub fn training(network: &NetworkConfig, batch: usize) -> Result<Execution> {
    let optimizer = optimizer();
    let learner = LearnerConfig {
        kind: "matching",
        file: "model",
        network,
        execution: realuid_models::Execution::default(),
        optimizer: &optimizer,
        total_updates: u64::MAX,
    };
    let mut learner = Learner::new(&learner, parameters(network)?)?;
    let mut ema = Ema::new(learner.parameters(), &[0.9999])?;
    let shape = [&[batch], network.data_shape().as_slice()].concat();
    let data = normal("benchmark data", &shape)?;
    let source = normal("benchmark source", &shape)?;
    let t = times(batch)?;
    let x = {
        let t = t.reshape((batch, 1, 1, 1))?;
        (data.broadcast_mul(&t)? + source.broadcast_mul(&t.affine(-1.0, 1.0)?)?)?
    };
    let target = (data - source)?;
    Ok(Box::new(move || {
        learner.update(1, Some(&mut ema), &|learner, _| {
            let prediction = learner.trainable().forward(&x, &t, &Condition::none())?;
            Ok(Loss { total: matching_loss(&prediction, &target, None)?, terms: Vec::new() })
        })?;
        Ok(())
    }))
}
