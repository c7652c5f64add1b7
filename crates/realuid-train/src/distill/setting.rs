use candle_core::Tensor;
use realuid_loss::RealUid;
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

    /// What `network` predicts for each of several batches on their way, all at the draw's times: one
    /// pass over all of them together, which large products prefer.
    pub fn predict(
        &self,
        network: &dyn Network,
        branches: &[Branch],
        draw: &Draw,
    ) -> Result<Vec<Tensor>> {
        let batch = draw.t.dim(0)?;
        let repeated = |tensor: &Tensor| Tensor::cat(&vec![tensor; branches.len()], 0);
        let x = Tensor::cat(&branches.iter().map(|branch| &branch.x).collect::<Vec<_>>(), 0)?;
        let classes = draw.classes.as_ref().map(repeated).transpose()?;
        let condition = Condition { classes, ..Condition::none() };
        let y = network.forward(&x, &repeated(&draw.t)?, &condition)?;
        (0..branches.len()).map(|i| Ok(y.narrow(0, i * batch, batch)?)).collect()
    }

    /// The condition shared by both branches; networks are distilled without dropout.
    pub fn condition(&self, draw: &Draw) -> Condition {
        Condition { classes: draw.classes.clone(), ..Condition::none() }
    }
}
