//! The training commands: from a configuration, or a run folder, to a run that has ended.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use candle_core::Device;
use realuid_ops::RandomStream;

use crate::config::{self, OutputConfig, Recipe, ScheduleConfig, SolverConfig};
use crate::distill::Distill;
use crate::evaluation::Evaluator;
use crate::model::{GeneratorTimes, Model, ModelCard, SampleRequest, locate};
use crate::observer::Observer;
use crate::plan::Plan;
use crate::run::RunFolder;
use crate::teacher::Teacher;
use crate::train::{Outcome, Trainer};
use crate::{Error, Result, files, picture, weights};

/// Where a training command begins.
#[derive(Clone, Debug)]
pub enum Begin {
    /// A new run.
    New {
        /// What it is made of.
        recipe: Box<Recipe>,
        /// The folder to be made.
        out: PathBuf,
    },
    /// A run that was stopped.
    Resume {
        /// Its own recipe, perhaps with changes such as more steps.
        recipe: Box<Recipe>,
        /// Its folder.
        run: PathBuf,
    },
}

/// What a new distillation starts from; a resumed one has it in its folder.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The teacher: its run, a checkpoint or a model folder.
    pub teacher: PathBuf,
    /// A generator to go on from instead of the teacher.
    pub from: Option<PathBuf>,
}

/// Trains a matching model, or goes on training it.
pub fn teacher(
    begin: &Begin,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
    device: &Device,
) -> Result<Outcome> {
    let recipe = &begin.recipe().resolved_for_teacher()?;
    let config = recipe.teacher()?;
    let plan = plan(recipe, &config.train, &config.output);
    let mut job = Teacher::new(recipe, device)?;
    let evaluator = plan.evaluator(&job, device)?;
    match begin {
        Begin::New { out, .. } => {
            plan.loader(&job, 0)?;
            let run = RunFolder::create(out)?;
            write_recipe(&run, recipe)?;
            Trainer::start(&mut job, &run, plan, evaluator, observer)?.run(stop)
        }
        Begin::Resume { run, .. } => {
            let run = RunFolder::open(run)?;
            let trainer = Trainer::resume(&mut job, &run, plan, evaluator, observer)?;
            write_recipe(&run, recipe)?;
            trainer.run(stop)
        }
    }
}

/// Distils a teacher, or goes on distilling it; a new run needs its `origin`.
pub fn distill(
    begin: &Begin,
    origin: Option<&Origin>,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
    device: &Device,
) -> Result<Outcome> {
    match begin {
        Begin::New { recipe, out } => {
            let origin = origin.ok_or_else(|| {
                Error::config(
                    "distillation",
                    "expected a teacher, found none; name it with --teacher",
                )
            })?;
            let teacher = locate(&origin.teacher)?.folder;
            let from = origin.from.as_deref().map(locate).transpose()?.map(|from| from.folder);
            let (recipe, plan) = distillation(recipe, &teacher)?;
            let mut job = Distill::new(&recipe, &teacher, from.as_deref(), device)?;
            let evaluator = plan.evaluator(&job, device)?;
            plan.loader(&job, 0)?;
            let run = RunFolder::create(out)?;
            copy_teacher(&teacher, &run.teacher())?;
            write_recipe(&run, &recipe)?;
            draw_teacher(&run, &plan, &evaluator, &recipe, device)?;
            Trainer::start(&mut job, &run, plan, evaluator, observer)?.run(stop)
        }
        Begin::Resume { recipe, run } => {
            let run = RunFolder::open(run)?;
            let (recipe, plan) = distillation(recipe, &run.teacher())?;
            let mut job = Distill::new(&recipe, &run.teacher(), None, device)?;
            let evaluator = plan.evaluator(&job, device)?;
            let trainer = Trainer::resume(&mut job, &run, plan, evaluator, observer)?;
            write_recipe(&run, &recipe)?;
            trainer.run(stop)
        }
    }
}

/// The recipe with what it takes from the path of the teacher in the model folder `teacher`, and the plan
/// of its run.
fn distillation(recipe: &Recipe, teacher: &Path) -> Result<(Recipe, Plan)> {
    let recipe = recipe.resolved_for_distillation(&ModelCard::load(teacher)?.path)?;
    let config = recipe.distill()?;
    let plan = plan(&recipe, &config.train, &config.output);
    Ok((recipe, plan))
}

impl Begin {
    /// Reads the recipe from command-line arguments, of which either `config` and `out` are present or `resume`.
    pub fn from_paths(
        config: Option<PathBuf>,
        out: Option<PathBuf>,
        resume: Option<PathBuf>,
        overrides: &[String],
    ) -> Result<Self> {
        match (config, out, resume) {
            (Some(config), Some(out), None) => {
                Ok(Self::New { recipe: Box::new(config::load(&config, overrides)?), out })
            }
            (None, None, Some(run)) => {
                let recipe = Box::new(config::load(&run.join("config.toml"), overrides)?);
                Ok(Self::Resume { recipe, run })
            }
            _ => Err(Error::config(
                "command line",
                "expected --config with --out, or --resume alone, found another mixture",
            )),
        }
    }

    fn recipe(&self) -> &Recipe {
        match self {
            Self::New { recipe, .. } | Self::Resume { recipe, .. } => recipe,
        }
    }
}

fn plan(recipe: &Recipe, train: &ScheduleConfig, output: &OutputConfig) -> Plan {
    Plan {
        seed: recipe.seed,
        data: recipe.data.clone(),
        train: train.clone(),
        output: output.clone(),
    }
}

/// The resolved configuration, once it is known to fit.
fn write_recipe(run: &RunFolder, recipe: &Recipe) -> Result<()> {
    files::replace(&run.config(), config::to_toml(recipe)?.as_bytes())
}

/// A model folder with the teacher's chosen weights alone, so that the run needs nothing outside itself.
fn copy_teacher(teacher: &Path, copy: &Path) -> Result<()> {
    let card = ModelCard::load(teacher)?;
    files::replace_folder(copy, |folder| {
        weights::save(
            folder,
            &card.weights,
            &weights::load(teacher, &card.weights, &Device::Cpu)?,
        )?;
        weights::save_config(folder, &weights::load_config(teacher)?)?;
        card.save(folder)
    })
}

/// A picture of the teacher's samples, to be seen beside the student's.
fn draw_teacher(
    run: &RunFolder,
    plan: &Plan,
    evaluator: &Evaluator,
    recipe: &Recipe,
    device: &Device,
) -> Result<()> {
    let solver: &SolverConfig = &plan.output.evaluation.solver;
    let request = SampleRequest {
        stream: RandomStream::new(plan.seed, "evaluation", 0),
        count: plan.output.samples.count,
        batch_size: plan.output.samples.count,
        solver,
        times: &GeneratorTimes::All,
        sources: evaluator.sources(plan.output.samples.count)?,
        guidance: recipe.distill()?.guidance,
        class: None,
    };
    let execution = recipe.compute.begin(device)?;
    let teacher = Model::load(&run.teacher(), None, execution, device)?;
    let samples = teacher.sample(&request, device)?;
    let samples = samples.data.to_device(&Device::Cpu)?;
    picture::save(&run.samples().join("teacher.png"), &samples)
}
