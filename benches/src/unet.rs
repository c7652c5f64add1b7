//! The ADM UNet as published for CIFAR-10: 35,746,307 parameters.

use anyhow::Result;
use realuid_loss::{Loss, matching_loss};
use realuid_models::{Condition, NetworkConfig};
use realuid_ops::Ema;
use realuid_train::config::{Decay, OptimizerConfig};
use realuid_train::learner::{Learner, LearnerConfig};

use crate::cost::Cost;
use crate::network::{Network, parameters};
use crate::place::Place;
use crate::workload::{Execution, Workload};

/// A training step is a forward pass and the gradients of both operands of every product.
pub const TRAINING_PASSES: f64 = 3.0;

pub fn workloads() -> Vec<Box<dyn Workload>> {
    vec![
        Box::new(Forward { batch: 1 }),
        Box::new(Forward { batch: 8 }),
        Box::new(Training { batch: 8 }),
    ]
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
        Network::Published.cost(self.batch as f64)
    }

    fn prepare(&self, place: &Place) -> Result<Execution> {
        prediction(&Network::Published.config(), self.batch, place)
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
        Network::Published.cost(TRAINING_PASSES * self.batch as f64)
    }

    fn measures_memory(&self) -> bool {
        true
    }

    fn prepare(&self, place: &Place) -> Result<Execution> {
        training(&Network::Published.config(), self.batch, place)
    }
}

/// Executes a forward pass of `network` without gradients.
pub fn prediction(network: &NetworkConfig, batch: usize, place: &Place) -> Result<Execution> {
    let weights = parameters(network, &place.device)?;
    let frozen = network.executed(place.execution()).build_frozen(&weights)?;
    let x = place.normal("benchmark x", &[&[batch], network.data_shape().as_slice()].concat())?;
    let t = place.times(batch)?;
    Ok(Box::new(move || {
        frozen.forward(&x, &t, &Condition::none())?;
        Ok(())
    }))
}

/// Executes a training step of `network` on the linear path.
pub fn training(network: &NetworkConfig, batch: usize, place: &Place) -> Result<Execution> {
    let optimizer = optimizer();
    let learner = LearnerConfig {
        kind: "matching",
        file: "model",
        network,
        execution: place.execution(),
        optimizer: &optimizer,
        total_updates: u64::MAX,
    };
    let mut learner = Learner::new(&learner, parameters(network, &place.device)?)?;
    let mut ema = Ema::new(learner.parameters(), &[0.9999])?;
    let shape = [&[batch], network.data_shape().as_slice()].concat();
    let data = place.normal("benchmark data", &shape)?;
    let source = place.normal("benchmark source", &shape)?;
    let t = place.times(batch)?;
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
