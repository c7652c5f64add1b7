use realuid_loss::Adversarial;
use realuid_models::{NetworkConfig, NetworkOptions};
use realuid_paths::{TimeDistribution, TimeSpan};
use serde::{Deserialize, Serialize};

use super::{
    EmaConfig, ObjectiveConfig, OptimizerConfig, OutputConfig, PathConfig, ScheduleConfig,
    TimeConfig, WeightConfig,
};
use crate::distill::Aim;
use crate::{Error, Result};

/// `[distill]`: a distillation; network and path are the teacher's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistillConfig {
    /// `[distill.objective]`.
    pub objective: ObjectiveConfig,
    /// `distill.weight`: weight of an item by its time, for both players; `sid` and `dmd` have another
    /// for the generator.
    #[serde(default)]
    pub weight: WeightConfig,
    /// Scale of classifier-free guidance of the teacher; without it the teacher is not guided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance: Option<f64>,
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

/// `[distill.adversarial]`: softplus GAN on the fake model's encoder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdversarialConfig {
    /// Weight in the generator's loss.
    pub generator_weight: f64,
    /// Weight in the fake model's loss.
    pub critic_weight: f64,
    /// Earliest time at which the critic looks; if neither it nor the latest is given, it looks at the
    /// fifth of the path's times that is next to the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Latest time at which the critic looks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

/// `[distill.generator]`: the student and the turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorConfig {
    /// Every how manyth step is the generator's; the others are the fake model's. At least 2.
    #[serde(default = "default_turns")]
    pub every: u64,
    /// Native times at which the generator evaluates its network, one for each of its steps, from the
    /// source towards the data; if they are not given one step, where sampling begins, or where the
    /// noise is 2.5 times as strong as the data (`PathConfig::generator_start`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Vec<f64>>,
    /// Channels of noise that the generator is given besides what it starts from: a generator of a
    /// bridge that makes several samples of one source end needs some.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub noise_channels: usize,
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

impl AdversarialConfig {
    /// The objective itself.
    pub fn objective(&self) -> Result<Adversarial> {
        Ok(Adversarial::new(self.critic_weight, self.generator_weight)?)
    }

    /// Distribution of the times at which the critic looks; fails where they leave the path's own.
    pub fn times(&self, path: TimeSpan) -> Result<TimeDistribution> {
        let (low, high) = self.bounds(path);
        let times = TimeConfig::Uniform { low, high };
        times.check_within(path, "distill.adversarial")?;
        times.distribution()
    }

    /// With both times given.
    pub(super) fn resolved(self, path: TimeSpan) -> Self {
        let (low, high) = self.bounds(path);
        Self { low: Some(low), high: Some(high), ..self }
    }

    fn bounds(self, path: TimeSpan) -> (f64, f64) {
        const SHARE: f64 = 0.2;
        let inner = path.data + SHARE * (path.source - path.data);
        let (low, high) = (path.data.min(inner), path.data.max(inner));
        (self.low.unwrap_or(low), self.high.unwrap_or(high))
    }

    /// Fails with the first field that makes no sense.
    pub fn validate(&self) -> Result<()> {
        self.objective().map(|_| ())
    }
}

impl GeneratorConfig {
    /// Native times of its evaluations, for a teacher on `path`.
    pub fn times(&self, path: &PathConfig) -> Result<Vec<f64>> {
        match &self.times {
            Some(times) => Ok(times.clone()),
            None => Ok(vec![path.generator_start()?]),
        }
    }

    /// The generator's network, for a teacher's.
    pub fn network(&self, teacher: &NetworkConfig) -> NetworkConfig {
        let options = NetworkOptions { noise_channels: self.noise_channels, ..teacher.options() };
        teacher.clone().with_options(options)
    }
}

impl DistillConfig {
    /// What the players play for.
    pub fn aim(&self) -> Result<Aim> {
        Ok(Aim { weighting: self.weight.weighting(), ..self.objective.aim()? })
    }

    /// The scale of guidance, which needs a teacher that was trained for it.
    pub fn guidance(&self, teacher: &NetworkConfig) -> Result<Option<f64>> {
        if self.guidance.is_none() || teacher.null_class().is_some() {
            return Ok(self.guidance);
        }
        let problem = "expected none, because the teacher's network has no null class; train a \
                       teacher with null_class = true and class_dropout";
        Err(Error::config("distill.guidance", problem))
    }

    /// Fails with the first field that makes no sense.
    pub fn validate(&self) -> Result<()> {
        self.aim()?;
        self.weight.weighting().validate()?;
        if self.guidance.is_some_and(|scale| !scale.is_finite()) {
            return Err(Error::config("distill.guidance", "expected a finite scale"));
        }
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn default_turns() -> u64 {
    6
}
