use realuid_models::NetworkConfig;
use realuid_paths::{Heads, Prediction};
use serde::{Deserialize, Serialize};

use super::{
    EmaConfig, LossForm, OptimizerConfig, OutputConfig, PathConfig, ScheduleConfig, TimeConfig,
    WeightConfig,
};
use crate::{Error, Result};

/// `[teacher]`: a network and the path along which it learns to match the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherConfig {
    /// `[teacher.network]`: `architecture` and its own fields.
    pub network: NetworkConfig,
    /// `[teacher.path]`.
    #[serde(default)]
    pub path: PathConfig,
    /// `[teacher.time]`; what is usual on the path if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeConfig>,
    /// `teacher.weight`: weight of an item by its time.
    #[serde(default)]
    pub weight: WeightConfig,
    /// Probability with which the class of an example is kept from the network, which needs a null
    /// class for it: what classifier-free guidance needs.
    #[serde(default)]
    pub class_dropout: f64,
    /// `[teacher.optimizer]`.
    pub optimizer: OptimizerConfig,
    /// `[teacher.train]`.
    pub train: ScheduleConfig,
    /// `[teacher.ema]`.
    #[serde(default)]
    pub ema: EmaConfig,
    /// `[teacher.output]`.
    #[serde(default)]
    pub output: OutputConfig,
}

impl TeacherConfig {
    /// Fails with the first field that makes no sense.
    pub fn validate(&self) -> Result<()> {
        self.network.validate()?;
        self.path.heads()?;
        self.check_network()?;
        self.check_class_dropout()?;
        self.times()?;
        self.optimizer.validate("teacher.optimizer")?;
        self.train.validate("teacher")?;
        self.ema.validate("teacher")?;
        self.output.validate("teacher")
    }

    /// How training times are drawn; fails where the loss is infinite at one of them.
    pub fn times(&self) -> Result<TimeConfig> {
        let weighting = self.weight.weighting();
        weighting.validate()?;
        self.path.times(self.time, &LossForm { weighting, prediction: None }, "teacher.time")
    }

    /// Refuses options of the network with which a teacher on this path would learn nothing of use.
    fn check_network(&self) -> Result<()> {
        let options = self.network.options();
        check_heads(options.heads, self.path.prediction)?;
        let is_denoiser =
            self.path.name.is_in_levels() && self.path.prediction.main() == Prediction::Data;
        let without_latent = !self.path.interpolant()?.has_latent()?;
        let refused = [
            (
                "source_condition",
                options.source_condition && without_latent,
                "false on a path without latent, where x and its source give the data away",
            ),
            (
                "preconditioning",
                options.preconditioning.is_some() && !is_denoiser,
                "none, but for predictions of the data on the path variance-exploding",
            ),
            (
                "noise_channels",
                options.noise_channels > 0,
                "0; those of the generator are set by distill.generator.noise_channels",
            ),
        ];
        match refused.into_iter().find(|(_, is_refused, _)| *is_refused) {
            None => Ok(()),
            Some((field, _, expected)) => Err(Error::config(
                format!("teacher.network.{field}"),
                format!("expected {expected}, found another value"),
            )),
        }
    }

    fn check_class_dropout(&self) -> Result<()> {
        let expected = match self.network.null_class() {
            Some(_) if (0.0..1.0).contains(&self.class_dropout) => return Ok(()),
            None if self.class_dropout == 0.0 => return Ok(()),
            Some(_) => "a probability, at least 0 and below 1",
            None => "0, because the network has no null class (teacher.network.null_class)",
        };
        let problem = format!("expected {expected}, found {}", self.class_dropout);
        Err(Error::config("teacher.class_dropout", problem))
    }
}

/// A network has a head for each prediction.
fn check_heads(found: usize, predictions: Heads) -> Result<()> {
    let expected = predictions.predictions().len();
    if found == expected {
        return Ok(());
    }
    let problem = format!(
        "expected {expected}, for teacher.path.prediction is {predictions}, found {found}; change \
         either of them"
    );
    Err(Error::config("teacher.network.heads", problem))
}
