use candle_core::Tensor;
use realuid_loss::{self as loss, Branches, Objective};
use realuid_ops::Ema;

use super::{Adversary, Branch, Draw, Setting};
use crate::job::Turn;
use crate::learner::Learner;
use crate::{Error, Result};

/// The two players of RealUID and their turns.
pub struct Distillation {
    /// What they play for.
    pub setting: Setting,
    /// The adversarial baseline, if it is added.
    pub adversary: Option<Adversary>,
    /// f, which maximises the objective.
    pub fake: Learner,
    /// G, which minimises it.
    pub generator: Learner,
    /// Averages of the generator, updated on its turns.
    pub ema: Ema,
}

/// What a fake model's turn reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// The whole loss, for which the teacher is evaluated.
    Loss,
    /// Without the loss where the gradient [does not need](Objective::fake_needs_teacher) the
    /// teacher, which then is not evaluated.
    GradientAlone,
}

impl Distillation {
    /// One update of the fake model on `draws`, whose gradients are averaged; the same update whatever
    /// is reported, unless it is the teacher's part of the loss that is not finite: only the whole
    /// loss shows that, as an error.
    pub fn fake_turn(&mut self, draws: &[Draw], report: Report) -> Result<Turn> {
        let (setting, adversary) = (&self.setting, self.adversary.as_ref());
        let generator = self.generator.frozen();
        let whole = report == Report::Loss || setting.objective.fake_needs_teacher();
        let turn = self.fake.update(draws.len(), None, |fake, part| {
            let draw = &draws[part];
            let generated = setting.generate(generator, draw)?;
            let mut points = vec![setting.branch(&generated, draw, &draw.t)?];
            if let (Some(data), true) = (&draw.data, setting.objective.uses_data()) {
                points.push(setting.branch(data, draw, &draw.t)?);
            }
            let predictions = setting.predict(fake.trainable(), &points, draw)?;
            let teacher = if whole {
                setting.predict(setting.teacher.as_ref(), &points, draw)?
            } else {
                Vec::new()
            };
            let branches = branches(points, predictions, teacher);
            let loss = setting.objective.fake_loss(&branches)?;
            match adversary {
                None => Ok(loss),
                Some(adversary) => adversary.add_critic_loss(loss, setting, &generated, draw),
            }
        })?;
        Ok(if whole { turn } else { turn.without_loss() })
    }

    /// One update of the generator on `draws`, and of its averages.
    pub fn generator_turn(&mut self, draws: &[Draw]) -> Result<Turn> {
        let (setting, adversary) = (&self.setting, self.adversary.as_ref());
        let fake = self.fake.frozen();
        self.generator.update(draws.len(), Some(&mut self.ema), |generator, part| {
            let draw = &draws[part];
            let generated = setting.generate(generator.trainable(), draw)?;
            let points = vec![setting.branch(&generated, draw, &draw.t)?];
            let predictions = setting.predict(fake, &points, draw)?;
            let teacher = setting.predict(setting.teacher.as_ref(), &points, draw)?;
            let branches = branches(points, predictions, teacher);
            let loss = setting.objective.generator_loss(&branches)?;
            match adversary {
                None => Ok(loss),
                Some(adversary) => adversary.add_generator_loss(loss, setting, &generated, draw),
            }
        })
    }
}

/// What the objective sees: the generated branch first, and perhaps the real one; `teacher` is empty
/// where it is not needed.
fn branches(points: Vec<Branch>, fake: Vec<Tensor>, teacher: Vec<Tensor>) -> Branches {
    let mut teacher = teacher.into_iter();
    let mut all = points.into_iter().zip(fake).map(|(point, fake)| loss::Branch {
        teacher: teacher.next(),
        fake,
        target: point.target,
    });
    let generated = all.next().expect("a turn has generated points");
    let real = all.next();
    Branches { generated, real, weight: None }
}

impl Draw {
    /// The real data, which a part of the objective asked for by `user` cannot do without.
    pub fn data_for(&self, user: &'static str) -> Result<&Tensor> {
        self.data.as_ref().ok_or_else(|| Error::Mismatch {
            what: user,
            expected: "real data in every draw".into(),
            found: "none".into(),
            advice: "give the turn a batch of data".into(),
        })
    }
}
