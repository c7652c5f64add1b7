use realuid_loss::{GeneratorWeight, Objective, RealUid, Weighting};
use realuid_paths::Prediction;

use crate::config::LossForm;

/// What the two players play for.
pub struct Aim {
    /// The losses of both.
    pub objective: Box<dyn Objective>,
    /// Whether the fake model's loss needs real data.
    pub uses_data: bool,
    /// The prediction in which the losses are taken; `None` for all that the networks predict, side by
    /// side.
    pub prediction: Option<Prediction>,
    /// Weight of each item by its time, for both players.
    pub weighting: Weighting,
    /// What weights the items of the generator's loss.
    pub generator_weight: GeneratorWeight,
}

impl Aim {
    /// `objective` in the networks' own prediction, every time alike.
    pub fn new(objective: impl Objective + 'static, uses_data: bool) -> Self {
        Self {
            objective: Box::new(objective),
            uses_data,
            prediction: None,
            weighting: Weighting::Constant,
            generator_weight: GeneratorWeight::OfTime,
        }
    }

    /// What of both players' losses depends on the time.
    pub fn form(&self) -> LossForm {
        LossForm { prediction: self.prediction, weighting: self.weighting }
    }
}

impl From<RealUid> for Aim {
    fn from(objective: RealUid) -> Self {
        Self::new(objective, objective.uses_data())
    }
}
