use candle_core::Tensor;
use realuid_loss::{Adversarial, Loss};
use realuid_models::Discriminator;

use super::{Draw, Setting};
use crate::{Error, Result};

/// The adversarial baseline: a critic that reads the fake model's encoder.
pub struct Adversary {
    /// Its losses and their weights.
    pub objective: Adversarial,
    /// The critic through which gradients reach the fake model's parameters.
    pub trainable: Box<dyn Discriminator>,
    /// The same critic without them.
    pub frozen: Box<dyn Discriminator>,
}

impl Adversary {
    /// `loss` of the fake model plus the critic's on `generated` and the draw's real data.
    pub fn add_critic_loss(
        &self,
        loss: Loss,
        setting: &Setting,
        generated: &Tensor,
        draw: &Draw,
    ) -> Result<Loss> {
        let critic = self.trainable.as_ref();
        let real = logits(critic, setting, draw.data_for("adversarial loss")?, draw)?;
        let fake = logits(critic, setting, generated, draw)?;
        Ok(loss.plus(self.objective.critic_loss(&fake, &real)?)?)
    }

    /// `loss` of the generator plus what the critic thinks of `generated`.
    pub fn add_generator_loss(
        &self,
        loss: Loss,
        setting: &Setting,
        generated: &Tensor,
        draw: &Draw,
    ) -> Result<Loss> {
        let fake = logits(self.frozen.as_ref(), setting, generated, draw)?;
        Ok(loss.plus(self.objective.generator_loss(&fake)?)?)
    }
}

fn logits(
    critic: &dyn Discriminator,
    setting: &Setting,
    data: &Tensor,
    draw: &Draw,
) -> Result<Tensor> {
    let t = draw.critic_t.as_ref().ok_or_else(|| Error::Mismatch {
        what: "adversarial loss",
        expected: "critic times in every draw".into(),
        found: "none".into(),
        advice: "give the draws a distribution of critic times".into(),
    })?;
    let x = setting.branch(data, draw, t)?.x;
    Ok(critic.logits(&x, t, &setting.condition(draw))?)
}
