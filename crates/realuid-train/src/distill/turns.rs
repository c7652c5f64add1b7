use realuid_loss::{Branches, Objective};
use realuid_ops::Ema;

use super::{Adversary, Draw, Setting};
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

impl Distillation {
    /// One update of the fake model on `draws`, whose gradients are averaged.
    pub fn fake_turn(&mut self, draws: &[Draw]) -> Result<Turn> {
        let (setting, adversary) = (&self.setting, self.adversary.as_ref());
        let generator = self.generator.frozen();
        self.fake.update(draws.len(), |fake, part| {
            let draw = &draws[part];
            let generated = setting.generate(generator, draw)?;
            let real = match (&draw.data, setting.objective.uses_data()) {
                (Some(data), true) => Some(setting.evaluate(fake.trainable(), data, draw)?),
                _ => None,
            };
            let branches = Branches {
                generated: setting.evaluate(fake.trainable(), &generated, draw)?,
                real,
                weight: None,
            };
            let loss = setting.objective.fake_loss(&branches)?;
            match adversary {
                None => Ok(loss),
                Some(adversary) => adversary.add_critic_loss(loss, setting, &generated, draw),
            }
        })
    }

    /// One update of the generator on `draws`, and of its averages.
    pub fn generator_turn(&mut self, draws: &[Draw]) -> Result<Turn> {
        let (setting, adversary) = (&self.setting, self.adversary.as_ref());
        let fake = self.fake.frozen();
        let turn = self.generator.update(draws.len(), |generator, part| {
            let draw = &draws[part];
            let generated = setting.generate(generator.trainable(), draw)?;
            let branches = Branches {
                generated: setting.evaluate(fake, &generated, draw)?,
                real: None,
                weight: None,
            };
            let loss = setting.objective.generator_loss(&branches)?;
            match adversary {
                None => Ok(loss),
                Some(adversary) => adversary.add_generator_loss(loss, setting, &generated, draw),
            }
        })?;
        self.ema.update(self.generator.parameters())?;
        Ok(turn)
    }
}

impl Draw {
    /// The real data, which a part of the objective asked for by `user` cannot do without.
    pub fn data_for(&self, user: &'static str) -> Result<&candle_core::Tensor> {
        self.data.as_ref().ok_or_else(|| Error::Mismatch {
            what: user,
            expected: "real data in every draw".into(),
            found: "none".into(),
            advice: "give the turn a batch of data".into(),
        })
    }
}
