use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use realuid_data::Batch;
use realuid_loss::Adversarial;
use realuid_models::NetworkConfig;
use realuid_ops::{Ema, Parameters, RandomStream};

use super::{Adversary, Distillation, Draw, Draws, Setting};
use crate::averages;
use crate::config::{AdversarialConfig, DistillConfig, FakeStart, Recipe};
use crate::job::{Job, LoadTensors, Turn};
use crate::learner::{Learner, LearnerConfig};
use crate::model::{Model, ModelCard, Role};
use crate::{Error, Result, weights};

/// Distillation as a run: which turn is whose, what it is given, what is saved.
pub struct Distill {
    distillation: Distillation,
    draws: Draws,
    card: ModelCard,
    every: u64,
    needs_data: bool,
}

impl Distill {
    /// Players that start from the teacher in the model folder `teacher`, or the generator from the
    /// one in `from`. Both are strict: role, path and architecture must fit.
    pub fn new(
        recipe: &Recipe,
        teacher: &Path,
        from: Option<&Path>,
        device: &Device,
    ) -> Result<Self> {
        let (seed, config) = (recipe.seed, recipe.distill()?);
        let teacher = Start::load(teacher, device)?;
        teacher.expect_teacher()?;
        let interpolant = teacher.card.path.interpolant();
        let initial_time = config.generator.initial_time.unwrap_or(interpolant.times().source);
        let setting = Setting {
            teacher: teacher.config.build_frozen(&teacher.parameters)?,
            interpolant,
            prediction: teacher.card.path.prediction()?,
            initial_time,
            objective: config.objective.objective()?,
        };
        let generator = generator(config, &teacher, from, device)?;
        let ema = Ema::new(generator.parameters(), &config.ema.decays)?;
        let fake = fake(config, seed, &teacher, device)?;
        let adversary = adversary(config, &fake)?;
        Ok(Self {
            needs_data: setting.objective.uses_data() || adversary.is_some(),
            every: config.generator.every,
            draws: Draws {
                seed,
                batch_size: config.train.batch_size,
                times: config.time.distribution()?,
                critic_times: config
                    .adversarial
                    .as_ref()
                    .map(AdversarialConfig::times)
                    .transpose()?,
                network: teacher.config.clone(),
                device: device.clone(),
            },
            card: ModelCard {
                role: Role::Generator { initial_time },
                weights: averages::preferred(&ema),
                ..teacher.card
            },
            distillation: Distillation { setting, adversary, fake, generator, ema },
        })
    }
}

impl Job for Distill {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn network(&self) -> &NetworkConfig {
        self.distillation.generator.config()
    }

    fn needs_data(&self) -> bool {
        self.needs_data
    }

    fn advance(&mut self, step: u64, batches: &[Option<Batch>]) -> Result<Turn> {
        let draw =
            |(part, batch): (usize, &Option<Batch>)| self.draws.draw(step, part, batch.as_ref());
        let draws: Vec<Draw> = batches.iter().enumerate().map(draw).collect::<Result<_>>()?;
        if step % self.every == self.every - 1 {
            self.distillation.generator_turn(&draws)
        } else {
            self.distillation.fake_turn(&draws)
        }
    }

    fn model(&self) -> Result<Model> {
        let Distillation { ema, generator, .. } = &self.distillation;
        let parameters = averages::preferred_parameters(ema, generator.parameters());
        Model::new(self.card.clone(), generator.config(), parameters)
    }

    fn tensors(&self) -> Vec<(String, BTreeMap<String, Tensor>)> {
        let Distillation { ema, generator, fake, .. } = &self.distillation;
        averages::tensors(ema).chain(generator.tensors()).chain(fake.tensors()).collect()
    }

    fn updates(&self) -> BTreeMap<String, u64> {
        [self.distillation.generator.updates(), self.distillation.fake.updates()].into()
    }

    fn restore(
        &mut self,
        updates: &BTreeMap<String, u64>,
        load: &mut LoadTensors<'_>,
    ) -> Result<()> {
        self.distillation.generator.restore(updates, load)?;
        self.distillation.fake.restore(updates, load)?;
        averages::restore(&self.distillation.ema, load)
    }
}

/// A model to start from.
struct Start {
    card: ModelCard,
    config: NetworkConfig,
    parameters: Parameters,
}

impl Start {
    fn load(folder: &Path, device: &Device) -> Result<Self> {
        let card = ModelCard::load(folder)?;
        let config = weights::load_config(folder)?;
        let parameters = weights::load_parameters(folder, &card.weights, &config, device)?;
        Ok(Self { card, config, parameters })
    }

    fn expect_teacher(&self) -> Result<()> {
        if self.card.role == Role::Teacher {
            return Ok(());
        }
        Err(Error::Mismatch {
            what: "teacher of the distillation",
            expected: "a matching model".into(),
            found: "a one-step generator".into(),
            advice:
                "give the teacher with --teacher; a generator to go on from is given with --from"
                    .into(),
        })
    }
}

fn generator(
    config: &DistillConfig,
    teacher: &Start,
    from: Option<&Path>,
    device: &Device,
) -> Result<Learner> {
    let parameters = match from {
        None => teacher.parameters.fork()?,
        Some(folder) => {
            let start = Start::load(folder, device)?;
            if start.config != teacher.config || start.card.path != teacher.card.path {
                return Err(Error::Mismatch {
                    what: "generator to go on from",
                    expected: format!("the teacher's network and path: {:?}", teacher.config),
                    found: format!("{:?}", start.config),
                    advice: "give the generator that was distilled from this teacher".into(),
                });
            }
            start.parameters
        }
    };
    let learner = LearnerConfig {
        kind: "generator",
        file: weights::MODEL,
        network: &teacher.config,
        optimizer: &config.generator_optimizer,
        total_updates: config.train.steps / config.generator.every,
    };
    Learner::new(&learner, parameters)
}

fn fake(config: &DistillConfig, seed: u64, teacher: &Start, device: &Device) -> Result<Learner> {
    let network = match config.adversarial {
        None => teacher.config.clone(),
        Some(_) => teacher.config.clone().with_adversarial_head(),
    };
    let fresh = network.initialise(&RandomStream::new(seed, "fake-weights", 0), device)?;
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
        optimizer: &config.fake_optimizer,
        total_updates: steps - steps / config.generator.every,
    };
    Learner::new(&learner, parameters)
}

fn adversary(config: &DistillConfig, fake: &Learner) -> Result<Option<Adversary>> {
    let Some(adversarial) = &config.adversarial else { return Ok(None) };
    Ok(Some(Adversary {
        objective: Adversarial::new(adversarial.critic_weight, adversarial.generator_weight)?,
        trainable: fake.config().build_discriminator_trainable(fake.parameters())?,
        frozen: fake.config().build_discriminator_frozen(fake.parameters())?,
    }))
}
