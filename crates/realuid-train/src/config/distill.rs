use realuid_loss::{Adversarial, RealUid};
use realuid_paths::{TimeDistribution, TimeSpan};
use serde::{Deserialize, Serialize};

use super::{EmaConfig, OptimizerConfig, OutputConfig, ScheduleConfig, TimeConfig};
use crate::{Error, Result};

/// `[distill]`: a distillation; network and path are the teacher's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistillConfig {
    /// `[distill.objective]`.
    pub objective: ObjectiveConfig,
    /// `[distill.adversarial]`: the baseline, added to the objective; absent is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adversarial: Option<AdversarialConfig>,
    /// `[distill.time]`; what is usual on the path if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeConfig>,
    /// `[distill.generator]`.
    pub generator: GeneratorConfig,
    /// `[distill.generator_optimizer]`.
    pub generator_optimizer: OptimizerConfig,
    /// `[distill.fake_optimizer]`.
    pub fake_optimizer: OptimizerConfig,
    /// `[distill.train]`.
    pub train: ScheduleConfig,
    /// `[distill.ema]`, updated on the generator's turns.
    #[serde(default)]
    pub ema: EmaConfig,
    /// `[distill.output]`.
    #[serde(default)]
    pub output: OutputConfig,
}

/// `[distill.objective]`: the coefficients of RealUID (arXiv 2509.22459); all 1 is the data-free UID.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveConfig {
    /// Share of generated samples, in (0, 1].
    pub alpha: f64,
    /// Weight of the generated targets, positive.
    pub beta: f64,
    /// Weight of the teacher on generated samples, positive; alpha if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gamma: Option<f64>,
    /// Factor of the generator's quadratic term, positive (2 alpha of SiD).
    #[serde(default = "one")]
    pub kappa: f64,
}

/// `[distill.adversarial]`: softplus GAN on the fake model's encoder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdversarialConfig {
    /// Weight in the generator's loss.
    pub generator_weight: f64,
    /// Weight in the fake model's loss.
    pub critic_weight: f64,
    /// Earliest time at which the critic looks.
    #[serde(default = "default_critic_low")]
    pub low: f64,
    /// Latest time at which the critic looks.
    #[serde(default = "one")]
    pub high: f64,
}

/// `[distill.generator]`: the student and the turns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorConfig {
    /// Every how manyth step is the generator's; the others are the fake model's. At least 2.
    #[serde(default = "default_turns")]
    pub every: u64,
    /// Native time at which the generator evaluates its network; the source end if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_time: Option<f64>,
    /// Where the fake model starts.
    #[serde(default)]
    pub fake_start: FakeStart,
}

/// The fake model's first weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FakeStart {
    /// The teacher's weights.
    #[default]
    Teacher,
    /// Fresh random weights.
    Random,
}

impl ObjectiveConfig {
    /// The objective itself.
    pub fn objective(&self) -> Result<RealUid> {
        let gamma = self.gamma.unwrap_or(self.alpha);
        Ok(RealUid::new(self.alpha, self.beta)?.with_gamma(gamma)?.with_kappa(self.kappa)?)
    }
}

impl AdversarialConfig {
    /// The objective itself.
    pub fn objective(&self) -> Result<Adversarial> {
        Ok(Adversarial::new(self.critic_weight, self.generator_weight)?)
    }

    /// Fails where the critic would look outside the path's own times.
    pub fn check_within(&self, path: TimeSpan) -> Result<()> {
        let times = TimeConfig::Uniform { low: self.low, high: self.high };
        times.check_within(path, "distill.adversarial")
    }

    /// Distribution of the times at which the critic looks.
    pub fn times(&self) -> Result<TimeDistribution> {
        Ok(TimeDistribution::uniform(self.low, self.high)?)
    }

    /// Fails with the first field that makes no sense.
    pub fn validate(&self) -> Result<()> {
        self.objective()?;
        self.times().map(|_| ())
    }
}

impl DistillConfig {
    /// Fails with the first field that makes no sense.
    pub fn validate(&self) -> Result<()> {
        self.objective.objective()?;
        self.time.as_ref().map(TimeConfig::distribution).transpose()?;
        self.generator_optimizer.validate("distill.generator_optimizer")?;
        self.fake_optimizer.validate("distill.fake_optimizer")?;
        self.train.validate("distill")?;
        self.ema.validate("distill")?;
        self.output.validate("distill")?;
        if self.generator.every < 2 {
            let problem = format!(
                "expected at least 2 (one turn of the fake model for each of the generator), found {}",
                self.generator.every
            );
            return Err(Error::config("distill.generator.every", problem));
        }
        self.adversarial.iter().try_for_each(AdversarialConfig::validate)
    }
}

fn one() -> f64 {
    1.0
}

fn default_critic_low() -> f64 {
    0.8
}

fn default_turns() -> u64 {
    6
}
