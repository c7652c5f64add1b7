use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use realuid_data::Batch;
use realuid_models::NetworkConfig;
use realuid_ops::Ema;

use super::start::Start;
use super::{Distillation, Draw, Draws, Player, Replays, Report, Setting, players};
use crate::averages;
use crate::config::{DistillConfig, Recipe};
use crate::framework::{Framework, SourceEnd};
use crate::job::{Job, LoadTensors, Turn};
use crate::model::{Model, ModelCard, Role, check_generator_times};
use crate::{Error, Result};

/// Distillation as a run: which turn is whose, what it is given, what is saved.
pub struct Distill {
    distillation: Distillation,
    draws: Draws,
    card: ModelCard,
    every: u64,
    needs_data: bool,
    /// Turns as CUDA graphs, where they are wanted and there is a GPU.
    replays: Option<Replays>,
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
        let teacher = Start::teacher(teacher, device)?;
        let recipe = &recipe.resolved_for_distillation(&teacher.card.path)?;
        let (seed, config) = (recipe.seed, recipe.distill()?);
        let framework = Framework::new(&teacher.card.path, teacher.card.source)?;
        let times = config.generator.times(&teacher.card.path)?;
        check_generator_times(&framework, &times, "distill.generator.times")?;
        check_source(&framework, recipe)?;
        check_dealt(framework.source, config, times.len())?;
        let network = config.generator.network(&teacher.config);
        let start = match from {
            Some(from) => Start::generator(from, &teacher, &network, &times, device)?,
            None => teacher.widened(&network)?,
        };
        let execution = recipe.compute.begin(device)?;
        let setting = Setting {
            teacher: teacher.config.executed(execution).build_frozen(&teacher.parameters)?,
            guidance: config.guidance(&teacher.config)?,
            framework,
            times,
            aim: config.aim()?,
        };
        let generator = players::generator(config, &start, execution)?;
        let ema = Ema::new(generator.parameters(), &config.ema.decays)?;
        let fake = players::fake(config, seed, &teacher, (execution, device))?;
        let adversary = players::adversary(config, &fake)?;
        let from_data = !setting.framework.source.is_noise();
        Ok(Self {
            needs_data: setting.aim.uses_data || adversary.is_some() || from_data,
            every: config.generator.every,
            draws: draws(recipe, &teacher, &setting, network, device)?,
            card: ModelCard {
                role: Role::Generator { times: setting.times.clone() },
                weights: averages::preferred(&ema),
                data: recipe.data.uri.clone(),
                ..teacher.card
            },
            distillation: Distillation { setting, adversary, fake, generator, ema },
            replays: recipe.compute.records_graphs(device).then(|| Replays::new(device)),
        })
    }
}

impl Distill {
    /// Whose turn step `step` is.
    fn player(&self, step: u64) -> Player {
        match step % self.every {
            last if last == self.every - 1 => Player::Generator,
            // The first turn after the generator's stands for the others in the log.
            0 => Player::Fake(Report::Loss),
            _ => Player::Fake(Report::GradientAlone),
        }
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
        let framework = &self.distillation.setting.framework;
        let draw = |(part, batch): (usize, &Option<Batch>)| {
            self.draws.draw(framework, step, part, batch.as_ref())
        };
        let draws: Vec<Draw> = batches.iter().enumerate().map(draw).collect::<Result<_>>()?;
        let (player, distillation) = (self.player(step), &mut self.distillation);
        match &mut self.replays {
            Some(replays) => replays.turn(distillation, player, &draws),
            None => distillation.turn(player, &draws),
        }
    }

    fn check(&self) -> Result<()> {
        self.distillation.fake.check()?;
        self.distillation.generator.check()
    }

    fn model(&self) -> Result<Model> {
        let Distillation { ema, generator, .. } = &self.distillation;
        let parameters = averages::preferred_parameters(ema, generator.parameters());
        let (config, execution) = (generator.config(), generator.execution());
        Model::new(self.card.clone(), config, parameters, execution)
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

fn draws(
    recipe: &Recipe,
    teacher: &Start,
    setting: &Setting,
    network: NetworkConfig,
    device: &Device,
) -> Result<Draws> {
    let config = recipe.distill()?;
    let times = teacher.card.path.times(config.time, &setting.aim.form(), "distill.time")?;
    let span = setting.framework.path.times();
    let critic_times = config.adversarial.as_ref().map(|adversarial| adversarial.times(span));
    Ok(Draws {
        seed: recipe.seed,
        batch_size: config.train.batch_size,
        times: times.distribution()?,
        critic_times: critic_times.transpose()?,
        generator_steps: setting.times.len(),
        network,
        device: device.clone(),
    })
}

/// The data must have at the source end what the teacher's had.
fn check_source(framework: &Framework, recipe: &Recipe) -> Result<()> {
    let found = SourceEnd::of_data(&recipe.data.uri)?;
    if found == framework.source {
        return Ok(());
    }
    Err(Error::Mismatch {
        what: "source of the data",
        expected: format!("{:?}, as the teacher's data had", framework.source),
        found: format!("{found:?} in {}", recipe.data.uri),
        advice: "give data.uri the source that the teacher was trained with".into(),
    })
}

/// Independent sources are dealt anew in each of a generator's `steps`, and once more in training:
/// there must be enough of them.
fn check_dealt(source: SourceEnd, config: &DistillConfig, steps: usize) -> Result<()> {
    if source != SourceEnd::Independent {
        return Ok(());
    }
    let output = &config.output;
    for (field, found, expected) in [
        ("distill.train.batch_size", config.train.batch_size, steps + 1),
        ("distill.output.samples.count", output.samples.count, steps),
        ("distill.output.evaluation.samples", output.evaluation.samples, steps),
    ] {
        if found < expected {
            let problem = format!(
                "expected at least {expected}, because a sample meets another of the independent \
                 sources in each step of the generator; found {found}"
            );
            return Err(Error::config(field, problem));
        }
    }
    Ok(())
}
