//! The two players at their start.

use candle_core::Device;
use realuid_models::Execution;
use realuid_ops::{Parameters, RandomStream};

use super::Adversary;
use super::start::Start;
use crate::config::{DistillConfig, FakeStart};
use crate::learner::{Learner, LearnerConfig};
use crate::{Result, weights};

/// The generator, with the weights of `start`.
pub(super) fn generator(
    config: &DistillConfig,
    start: &Start,
    execution: Execution,
) -> Result<Learner> {
    let learner = LearnerConfig {
        kind: "generator",
        file: weights::MODEL,
        network: &start.config,
        execution,
        optimizer: &config.generator_optimizer,
        total_updates: config.train.steps / config.generator.every,
    };
    Learner::new(&learner, start.parameters.fork()?)
}

/// The fake model, with an adversarial head if the baseline is added.
pub(super) fn fake(
    config: &DistillConfig,
    seed: u64,
    teacher: &Start,
    (execution, device): (Execution, &Device),
) -> Result<Learner> {
    let network = match config.adversarial {
        None => teacher.config.clone(),
        Some(_) => teacher.config.clone().with_adversarial_head(),
    };
    let fresh = network.initialise(&RandomStream::new(seed, "distill fake weights", 0), device)?;
    let parameters = match config.generator.fake_start {
        FakeStart::Random => fresh,
        FakeStart::Teacher => {
            // The teacher has no adversarial head, which therefore stays as drawn.
            let mut tensors = fresh.tensors();
            tensors.extend(teacher.parameters.tensors());
            Parameters::from_tensors(&tensors)?
        }
    };
    let steps = config.train.steps;
    let learner = LearnerConfig {
        kind: "fake",
        file: "fake",
        network: &network,
        execution,
        optimizer: &config.fake_optimizer,
        total_updates: steps - steps / config.generator.every,
    };
    Learner::new(&learner, parameters)
}

/// The critic that reads the encoder of `fake`, if the baseline is added.
pub(super) fn adversary(config: &DistillConfig, fake: &Learner) -> Result<Option<Adversary>> {
    let Some(adversarial) = &config.adversarial else { return Ok(None) };
    let builder = fake.config().executed(fake.execution());
    Ok(Some(Adversary {
        objective: adversarial.objective()?,
        trainable: builder.build_discriminator_trainable(fake.parameters())?,
        frozen: builder.build_discriminator_frozen(fake.parameters())?,
    }))
}
