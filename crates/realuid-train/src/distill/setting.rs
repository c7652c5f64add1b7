use candle_core::Tensor;
use realuid_loss::data_normaliser;
use realuid_loss::{self as loss, GeneratorWeight, PathPoints};
use realuid_models::{Condition, Guided, Network};
use realuid_paths::{Ends, Heads, PredictionChange};

use super::{Aim, Draw};
use crate::conditioning::source_condition;
use crate::framework::Framework;
use crate::learner::Learner;
use crate::model::FewSteps;
use crate::{Error, Result};

/// What does not change in a distillation: the teacher, its framework, and what is played for.
pub struct Setting {
    /// f*, without gradients of its parameters.
    pub teacher: Box<dyn Network>,
    /// Scale of classifier-free guidance of the teacher; `None` for the teacher as it is.
    pub guidance: Option<f64>,
    /// The path, the prediction and the source end of all networks.
    pub framework: Framework,
    /// Native times at which the generator evaluates its network, from the source towards the data.
    pub times: Vec<f64>,
    /// What the players play for.
    pub aim: Aim,
}

/// Some data on their way along the path.
pub struct Branch {
    /// The ends they are between, `[B, ...]`.
    pub ends: Ends,
    /// x_t, `[B, ...]`.
    pub x: Tensor,
}

/// What teacher and fake model say of a [`Branch`].
pub struct Said {
    /// The teacher's prediction, if it was asked.
    pub teacher: Option<Tensor>,
    /// The fake model's prediction.
    pub fake: Tensor,
}

impl Setting {
    /// G of the draw's inputs through `network`, `[B, ...]`.
    pub fn generate(&self, network: &dyn Network, draw: &Draw) -> Result<Tensor> {
        self.generator().generate(network, &draw.inputs, draw.classes.as_ref())
    }

    /// The same of the `generator` being trained, with gradients of its last evaluation alone.
    pub fn generate_trainable(&self, generator: &Learner, draw: &Draw) -> Result<Tensor> {
        let (earlier, last) = (generator.frozen(), generator.trainable());
        self.generator().generate_with_last(earlier, last, &draw.inputs, draw.classes.as_ref())
    }

    fn generator(&self) -> FewSteps<'_> {
        FewSteps { framework: &self.framework, times: &self.times }
    }

    /// `data` moved to the times `t` with the draw's source and latent.
    pub fn branch(&self, data: &Tensor, draw: &Draw, t: &Tensor) -> Result<Branch> {
        let (source, latent) = (draw.source.clone(), draw.latent.clone());
        let ends = Ends { data: data.clone(), source, latent };
        Ok(Branch { x: self.framework.path.interpolate(&ends, t)?, ends })
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
        let one = self.condition(draw);
        let condition = Condition {
            classes: one.classes.as_ref().map(repeated).transpose()?,
            source: one.source.as_ref().map(repeated).transpose()?,
            ..one
        };
        let y = network.forward(&x, &repeated(&draw.t)?, &condition)?;
        (0..branches.len()).map(|i| Ok(y.narrow(0, i * batch, batch)?)).collect()
    }

    /// As [`predict`](Self::predict) for the teacher, guided if it is to be.
    pub fn teach(&self, branches: &[Branch], draw: &Draw) -> Result<Vec<Tensor>> {
        let teacher = self.teacher.as_ref();
        match self.guidance {
            None => self.predict(teacher, branches, draw),
            Some(scale) => self.predict(&Guided::new(teacher, scale)?, branches, draw),
        }
    }

    /// The condition shared by both branches; networks are distilled without dropout.
    pub fn condition(&self, draw: &Draw) -> Condition {
        Condition {
            classes: draw.classes.clone(),
            source: source_condition(&self.teacher.config(), &draw.source),
            noise: None,
            dropout: None,
        }
    }

    /// The branch as an objective sees it, in the prediction in which the loss is taken.
    pub fn seen(&self, branch: &Branch, said: &Said, draw: &Draw) -> Result<loss::Branch> {
        let from = self.framework.heads;
        let change = PredictionChange { from, to: self.aim.prediction.map_or(from, Heads::from) };
        let path = self.framework.path.as_ref();
        let points = PathPoints { path, ends: &branch.ends, x: &branch.x, t: &draw.t };
        Ok(points.branch(said.teacher.as_ref(), &said.fake, change)?)
    }

    /// Weight of each item in the fake model's loss, `[B]`.
    pub fn weight(&self, draw: &Draw) -> Result<Option<Tensor>> {
        self.framework.weights(self.aim.weighting, &draw.t)
    }

    /// Weight of each item in the generator's loss, `[B]`.
    pub fn generator_weight(&self, seen: &loss::Branch, draw: &Draw) -> Result<Option<Tensor>> {
        match (self.aim.generator_weight, &seen.teacher) {
            (GeneratorWeight::OfTime, _) => self.weight(draw),
            (GeneratorWeight::DataNormaliser, Some(teacher)) => {
                Ok(Some(data_normaliser(teacher, &seen.target)?))
            }
            (GeneratorWeight::DataNormaliser, None) => Err(Error::Mismatch {
                what: "weight by the teacher's error",
                expected: "the teacher's prediction in the generated branch".into(),
                found: "none".into(),
                advice: "ask the teacher on the generator's turn".into(),
            }),
        }
    }
}
