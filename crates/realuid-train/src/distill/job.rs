use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use realuid_data::Batch;
use realuid_models::NetworkConfig;
use realuid_ops::Ema;
use realuid_paths::Interpolant;

use super::start::Start;
use super::{Distillation, Draw, Draws, Report, Setting, players};
use crate::averages;
use crate::config::{AdversarialConfig, Recipe};
use crate::job::{Job, LoadTensors, Turn};
use crate::model::{Model, ModelCard, Role};
use crate::{Error, Result};

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
        let teacher = Start::teacher(teacher, device)?;
        let interpolant = teacher.card.path.interpolant()?;
        let initial_time = match config.generator.initial_time {
            Some(time) => time,
            None => teacher.card.path.start()?,
        };
        check_initial_time(interpolant.as_ref(), initial_time)?;
        teacher.card.path.check_start(initial_time)?;
        if let Some(adversarial) = &config.adversarial {
            adversarial.check_within(interpolant.times())?;
        }
        let start = from.map(|from| Start::generator(from, &teacher, initial_time, device));
        let start = start.transpose()?;
        let setting = Setting {
            teacher: teacher.config.build_frozen(&teacher.parameters)?,
            interpolant,
            prediction: teacher.card.path.prediction()?,
            initial_time,
            objective: config.objective.objective()?,
        };
        let generator = players::generator(config, start.as_ref().unwrap_or(&teacher))?;
        let ema = Ema::new(generator.parameters(), &config.ema.decays)?;
        let fake = players::fake(config, seed, &teacher, device)?;
        let adversary = players::adversary(config, &fake)?;
        Ok(Self {
            needs_data: setting.objective.uses_data() || adversary.is_some(),
            every: config.generator.every,
            draws: draws(recipe, &teacher, device)?,
            card: ModelCard {
                role: Role::Generator { initial_time },
                weights: averages::preferred(&ema),
                data: recipe.data.uri.clone(),
                ..teacher.card
            },
            distillation: Distillation { setting, adversary, fake, generator, ema },
        })
    }
}

impl Job for Distill {
    fn stage(&self) -> &'static str {
        "distill"
    }

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
            // The first turn after the generator's stands for the others in the log.
            let report = match step % self.every {
                0 => Report::Loss,
                _ => Report::GradientAlone,
            };
            self.distillation.fake_turn(&draws, report)
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

fn draws(recipe: &Recipe, teacher: &Start, device: &Device) -> Result<Draws> {
    let config = recipe.distill()?;
    let times = teacher.card.path.times(config.time, "distill.time")?;
    let critic_times = config.adversarial.as_ref().map(AdversarialConfig::times);
    Ok(Draws {
        seed: recipe.seed,
        batch_size: config.train.batch_size,
        times: times.distribution()?,
        critic_times: critic_times.transpose()?,
        network: teacher.config.clone(),
        device: device.clone(),
    })
}

/// The generator's input is noise only where the path has some of its source.
fn check_initial_time(interpolant: &dyn Interpolant, time: f64) -> Result<()> {
    let times = interpolant.times();
    let (low, high) = (times.data.min(times.source), times.data.max(times.source));
    let inside = (low..=high).contains(&time) && time.total_cmp(&times.data).is_ne();
    if inside {
        return Ok(());
    }
    let problem = format!(
        "expected a time within [{low}, {high}] other than {}, where no noise is left; found {time}",
        times.data
    );
    Err(Error::config("distill.generator.initial_time", problem))
}
