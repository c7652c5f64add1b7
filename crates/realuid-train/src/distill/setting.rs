use candle_core::Tensor;
use realuid_loss::{self as loss, RealUid};
use realuid_models::{Condition, Network};
use realuid_paths::{Ends, Interpolant, Prediction};

use super::Draw;
use crate::Result;
use crate::model::OneStep;

/// What does not change in a distillation: the teacher, its path, and the objective.
pub struct Setting {
    /// f*, without gradients of its parameters.
    pub teacher: Box<dyn Network>,
    /// The teacher's path.
    pub interpolant: Box<dyn Interpolant>,
    /// What teacher, fake model and generator predict.
    pub prediction: Prediction,
    /// Native time at which the generator evaluates its network.
    pub initial_time: f64,
    /// The objective.
    pub objective: RealUid,
}

/// Some data on their way along the path: where they are, and the regression target there.
pub struct Branch {
    /// x_t, `[B, ...]`.
    pub x: Tensor,
    /// y, `[B, ...]`.
    pub target: Tensor,
}

impl Setting {
    /// G(z) for the draw's noise through `network`, `[B, ...]`.
    pub fn generate(&self, network: &dyn Network, draw: &Draw) -> Result<Tensor> {
        let one_step = OneStep {
            interpolant: self.interpolant.as_ref(),
            prediction: self.prediction,
            initial_time: self.initial_time,
        };
        one_step.generate(network, &draw.noise, &self.condition(draw))
    }

    /// `data` moved to the times `t` with the draw's source.
    pub fn branch(&self, data: &Tensor, draw: &Draw, t: &Tensor) -> Result<Branch> {
        let ends = Ends { data: data.clone(), source: draw.source.clone(), latent: None };
        Ok(Branch {
            x: self.interpolant.interpolate(&ends, t)?,
            target: self.interpolant.target(self.prediction, &ends, t)?,
        })
    }

    /// What the objective sees of `data`: teacher, fake model and target at the draw's times.
    pub fn evaluate(&self, fake: &dyn Network, data: &Tensor, draw: &Draw) -> Result<loss::Branch> {
        let Branch { x, target } = self.branch(data, draw, &draw.t)?;
        let condition = self.condition(draw);
        Ok(loss::Branch {
            teacher: self.teacher.forward(&x, &draw.t, &condition)?,
            fake: fake.forward(&x, &draw.t, &condition)?,
            target,
        })
    }

    /// The condition shared by both branches; networks are distilled without dropout.
    pub fn condition(&self, draw: &Draw) -> Condition {
        Condition { classes: draw.classes.clone(), dropout: None }
    }
}
