use candle_core::Tensor;
use realuid_loss::{self as loss, Branches};
use realuid_ops::Ema;

use super::{Adversary, Branch, Draw, Said, Setting};
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
    /// Without the loss where the gradient [does not need](loss::Objective::fake_needs_teacher) the
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
        let whole = report == Report::Loss || setting.aim.objective.fake_needs_teacher();
        let turn = self.fake.update(draws.len(), None, |fake, part| {
            let draw = &draws[part];
            let generated = setting.generate(generator, draw)?;
            let mut points = vec![setting.branch(&generated, draw, &draw.t)?];
            if let (Some(data), true) = (&draw.data, setting.aim.uses_data) {
                points.push(setting.branch(data, draw, &draw.t)?);
            }
            let fake = setting.predict(fake.trainable(), &points, draw)?;
            let teacher = if whole { setting.teach(&points, draw)? } else { Vec::new() };
            let (generated_branch, real) = seen(setting, &points, draw, fake, teacher)?;
            let weight = setting.weight(draw)?;
            let branches = Branches { generated: generated_branch, real, weight };
            let loss = setting.aim.objective.fake_loss(&branches)?;
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
            let generated = setting.generate_trainable(generator, draw)?;
            let points = vec![setting.branch(&generated, draw, &draw.t)?];
            let fake = setting.predict(fake, &points, draw)?;
            let teacher = setting.teach(&points, draw)?;
            let (generated_branch, real) = seen(setting, &points, draw, fake, teacher)?;
            let weight = setting.generator_weight(&generated_branch, draw)?;
            let branches = Branches { generated: generated_branch, real, weight };
            let loss = setting.aim.objective.generator_loss(&branches)?;
            match adversary {
                None => Ok(loss),
                Some(adversary) => adversary.add_generator_loss(loss, setting, &generated, draw),
            }
        })
    }
}

/// What the objective sees: the generated branch, and perhaps the real one; `teacher` is empty where
/// it is not needed.
fn seen(
    setting: &Setting,
    points: &[Branch],
    draw: &Draw,
    fake: Vec<Tensor>,
    teacher: Vec<Tensor>,
) -> Result<(loss::Branch, Option<loss::Branch>)> {
    let mut teacher = teacher.into_iter();
    let mut all = points.iter().zip(fake).map(|(point, fake)| {
        let said = Said { teacher: teacher.next(), fake };
        setting.seen(point, &said, draw)
    });
    let generated = all.next().expect("a turn has generated points")?;
    Ok((generated, all.next().transpose()?))
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
