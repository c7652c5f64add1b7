//! Whole iterations of distillation through the training code.

use candle_core::{DType, Device, Tensor};
use realuid_loss::RealUid;
use realuid_models::{Execution, NetworkConfig};
use realuid_ops::{Ema, Parameters};
use realuid_testkit::{Fixture, formula_normal, formula_uniform};
use realuid_train::config::{Decay, OptimizerConfig};
use realuid_train::distill::{Distillation, Draw, Player, Report, Setting};
use realuid_train::framework::Framework;
use realuid_train::learner::{Learner, LearnerConfig};
use realuid_train::model::GeneratorInput;
use serde::Deserialize;
use serde_json::Value;

use crate::checks::{Checks, Tolerance};
use crate::networks::{formula_parameters, network_config};
use crate::run::Outcome;
use crate::{Error, Result};

#[derive(Deserialize)]
struct Golden {
    network: Value,
    streams: String,
    alpha: f64,
    beta: f64,
    gamma: f64,
    batch: usize,
    learning_rate: f64,
    adam_betas: [f64; 2],
    adam_eps: f64,
    grad_clip_norm: f64,
    ema_decay: f64,
    generator_every: u64,
    log: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    iteration: u64,
    turn: Turn,
    loss: f64,
    grad_norm_before_clip: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Turn {
    Fake,
    Generator,
}

const LOSS: Tolerance = Tolerance::relative(3e-3);
const GRADIENT_NORM: Tolerance = Tolerance::relative(1e-3);
const SAMPLES: Tolerance = Tolerance::relative(1e-3);

/// Every iteration of the log, then the samples of the generator and of its average.
pub(crate) fn compare(fixture: &Fixture, device: &Device) -> Result<Outcome> {
    let golden: Golden = fixture.parse()?;
    golden.validate()?;
    let config = network_config("adm-unet", &golden.network)?;
    let shape = [&[golden.batch], &*config.data_shape()].concat();
    let inputs = Inputs { golden: &golden, shape, device };
    let mut distillation = golden.distillation(&config, device)?;
    let mut checks = Checks::default();
    for entry in &golden.log {
        let draw = inputs.draw(&entry.iteration.to_string())?;
        let turn = match entry.turn {
            Turn::Fake => distillation.turn(Player::Fake(Report::Loss), &[draw])?,
            Turn::Generator => distillation.turn(Player::Generator, &[draw])?,
        };
        let value = |name: &str| -> Result<f64> { Ok(turn.read(name)?.unwrap_or(f64::NAN)) };
        let what = |name: &str| format!("log[{}].{name}", entry.iteration);
        checks.number(&what("loss"), value("loss")?, entry.loss, LOSS);
        let norm = value("gradient_norm")?;
        checks.number(
            &what("grad_norm_before_clip"),
            norm,
            entry.grad_norm_before_clip,
            GRADIENT_NORM,
        );
    }
    let noise = inputs.draw("final")?;
    let samples = |parameters: &Parameters| -> Result<Tensor> {
        let network = config.build_frozen(parameters)?;
        Ok(distillation.setting.generate(network.as_ref(), &noise)?)
    };
    let last = samples(distillation.generator.parameters())?;
    checks.norm("samples", &last, fixture.tensor("samples")?, SAMPLES)?;
    for (_, average) in distillation.ema.averages() {
        checks.norm("ema_samples", &samples(average)?, fixture.tensor("ema_samples")?, SAMPLES)?;
    }
    Ok(Outcome::Compared(checks))
}

impl Golden {
    /// The log must hold something, and its turns be those of its own `generator_every`.
    fn validate(&self) -> Result<()> {
        let every = self.generator_every;
        if self.log.is_empty() || every == 0 {
            let found = format!("{} iterations, generator_every {every}", self.log.len());
            return Err(Error::malformed("a log and a positive generator_every", found));
        }
        let is_wrong = |entry: &&Entry| {
            (entry.iteration % every == every - 1) != (entry.turn == Turn::Generator)
        };
        match self.log.iter().find(is_wrong) {
            None => Ok(()),
            Some(entry) => Err(Error::malformed(
                format!("a generator turn in every {every} iterations, as the last of them"),
                format!("another turn at iteration {}", entry.iteration),
            )),
        }
    }

    /// Teacher and generator on the same formula weights, the fake model on others.
    fn distillation(&self, config: &NetworkConfig, device: &Device) -> Result<Distillation> {
        let optimizer = OptimizerConfig {
            learning_rate: self.learning_rate,
            betas: self.adam_betas,
            eps: self.adam_eps,
            warmup: 0,
            decay: Decay::Constant,
            gradient_clip: self.grad_clip_norm,
        };
        optimizer.validate("fixture")?;
        let learner = |kind, parameters: Parameters| {
            let config = LearnerConfig {
                kind,
                file: kind,
                network: config,
                execution: Execution::default(),
                optimizer: &optimizer,
                total_updates: self.log.len() as u64,
            };
            Learner::new(&config, parameters)
        };
        let teacher = formula_parameters(config, "teacher/", device)?;
        let generator = learner("generator", teacher.fork()?)?;
        Ok(Distillation {
            setting: Setting {
                teacher: config.build_frozen(&teacher)?,
                guidance: None,
                framework: Framework::flow_matching(),
                times: vec![0.0],
                aim: RealUid::new(self.alpha, self.beta)?.with_gamma(self.gamma)?.into(),
            },
            adversary: None,
            fake: learner("fake", formula_parameters(config, "fake/", device)?)?,
            ema: Ema::new(generator.parameters(), &[self.ema_decay])?,
            generator,
        })
    }
}

/// Names of the input streams, the shape of a batch, and where it is wanted.
struct Inputs<'a> {
    golden: &'a Golden,
    shape: Vec<usize>,
    device: &'a Device,
}

impl Inputs<'_> {
    /// The inputs of one iteration; data are halved and clamped to [-1, 1].
    fn draw(&self, iteration: &str) -> Result<Draw> {
        let Golden { streams, batch, .. } = self.golden;
        let name = |input: &str| format!("{streams}/{iteration}/{input}");
        let place = |tensor: Tensor| tensor.to_dtype(DType::F32)?.to_device(self.device);
        let normal = |input: &str| -> Result<Tensor> {
            Ok(place(formula_normal(&name(input), self.shape.as_slice())?)?)
        };
        Ok(Draw {
            inputs: vec![GeneratorInput { source: normal("z")?, latent: None, noise: None }],
            source: normal("noise")?,
            latent: None,
            t: place(formula_uniform(&name("t"), *batch)?)?,
            critic_t: None,
            data: Some((normal("data")? * 0.5)?.clamp(-1.0, 1.0)?),
            classes: None,
        })
    }
}
