use candle_core::Tensor;
use realuid_ops::{on_tape, softplus};

use crate::{Error, Loss, Result};

/// The adversarial baseline: a softplus GAN on the logits of a critic, added to another objective.
///
/// The critic is a head on the fake model's encoder, negative for generated and positive for real
/// points x_t at late times (the GAN loss of Yin et al., arXiv 2405.14867). Logits may have any shape;
/// losses are means over all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adversarial {
    critic_weight: f64,
    generator_weight: f64,
}

impl Adversarial {
    /// With the weights of the critic's and of the generator's loss, both positive.
    pub fn new(critic_weight: f64, generator_weight: f64) -> Result<Self> {
        for (name, found) in
            [("critic_weight", critic_weight), ("generator_weight", generator_weight)]
        {
            if !(found > 0.0 && found.is_finite()) {
                return Err(Error::Coefficient { name, expected: "a finite weight > 0", found });
            }
        }
        Ok(Self { critic_weight, generator_weight })
    }

    /// critic_weight (softplus(h(generated)) + softplus(-h(real))), a scalar; add it to the fake
    /// model's loss. The points that the logits were computed at must carry no gradient.
    pub fn critic_loss(&self, generated: &Tensor, real: &Tensor) -> Result<Loss> {
        let on_generated = (on_tape(generated, softplus)?.mean_all()? * self.critic_weight)?;
        let on_real = (on_tape(&real.neg()?, softplus)?.mean_all()? * self.critic_weight)?;
        Loss::sum_of(vec![("critic.generated", on_generated), ("critic.real", on_real)])
    }

    /// generator_weight softplus(-h(generated)), a scalar; add it to the generator's loss.
    pub fn generator_loss(&self, generated: &Tensor) -> Result<Loss> {
        let loss = (on_tape(&generated.neg()?, softplus)?.mean_all()? * self.generator_weight)?;
        Loss::sum_of(vec![("adversarial", loss)])
    }
}
