use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// `optimizer`, `generator_optimizer`, `fake_optimizer`: how one network is updated (Adam).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerConfig {
    /// Learning rate after warm-up.
    pub learning_rate: f64,
    /// Decay rates of Adam's two moments.
    #[serde(default = "default_betas")]
    pub betas: [f64; 2],
    /// Added to the root of Adam's second moment.
    #[serde(default = "default_eps")]
    pub eps: f64,
    /// Updates over which the learning rate rises linearly; update k (from 0) of a warm-up of w
    /// uses the share (k + 1) / w, so the first update is not zero. 0 is no warm-up.
    #[serde(default)]
    pub warmup: u64,
    /// How the learning rate falls after warm-up.
    #[serde(default)]
    pub decay: Decay,
    /// The L2 norm over all gradients together is scaled down to this; 0 turns clipping off.
    #[serde(default = "default_clip")]
    pub gradient_clip: f64,
}

/// How a learning rate falls from the end of warm-up to the last update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// It does not.
    #[default]
    Constant,
    /// Along a straight line to zero.
    Linear,
    /// Along half a cosine to zero.
    Cosine,
}

/// `ema`: exponential moving averages of the trained network (of the generator in distillation).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmaConfig {
    /// One average is kept for each decay per update; the first is what samples and evaluations use.
    pub decays: Vec<f64>,
}

/// `train`: how long, and on how much at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleConfig {
    /// Training steps; in distillation a step is one turn, of the fake model or of the generator.
    pub steps: u64,
    /// Examples in one batch.
    pub batch_size: usize,
    /// Batches whose gradients are averaged into one update.
    #[serde(default = "default_accumulate")]
    pub accumulate: u64,
}

impl OptimizerConfig {
    /// Learning rate of update `update` (from 0) of `total`.
    pub fn rate(&self, update: u64, total: u64) -> f64 {
        let warm = if self.warmup == 0 { 1.0 } else { (update + 1) as f64 / self.warmup as f64 };
        self.learning_rate * warm.min(1.0) * self.decay.share(update, self.warmup, total)
    }

    /// Fails with the first field that makes no sense; `section` is its table in the file.
    pub fn validate(&self, section: &str) -> Result<()> {
        let check = |field: &str, ok: bool, expected: &str, found: f64| {
            if ok {
                return Ok(());
            }
            let origin = format!("{section}.{field}");
            Err(Error::config(origin, format!("expected {expected}, found {found}")))
        };
        let rate = self.learning_rate;
        check("learning_rate", rate > 0.0 && rate.is_finite(), "a positive number", rate)?;
        for beta in self.betas {
            check("betas", (0.0..1.0).contains(&beta), "two numbers in [0, 1)", beta)?;
        }
        check("eps", self.eps > 0.0, "a positive number", self.eps)?;
        let clip = self.gradient_clip;
        check("gradient_clip", clip >= 0.0, "zero (off) or a positive number", clip)
    }
}

impl Decay {
    /// What is left of the learning rate at update `update`, 1 before `start`.
    fn share(self, update: u64, start: u64, total: u64) -> f64 {
        let length = total.saturating_sub(start).max(1) as f64;
        let done = (update.saturating_sub(start) as f64 / length).min(1.0);
        match self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - done,
            Self::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
        }
    }
}

impl EmaConfig {
    /// Fails unless every decay is in [0, 1) and stands once; `section` is its table in the file.
    pub fn validate(&self, section: &str) -> Result<()> {
        for (i, decay) in self.decays.iter().enumerate() {
            if self.decays[..i].contains(decay) {
                let problem = format!("expected each decay once, found {decay} twice");
                return Err(Error::config(format!("{section}.ema.decays"), problem));
            }
        }
        for decay in &self.decays {
            if !(0.0..1.0).contains(decay) {
                let problem = format!("expected numbers in [0, 1), found {decay}");
                return Err(Error::config(format!("{section}.ema.decays"), problem));
            }
        }
        Ok(())
    }
}

impl ScheduleConfig {
    /// Fails with the first field that is zero; `section` is its table in the file.
    pub fn validate(&self, section: &str) -> Result<()> {
        let batch_size = self.batch_size as u64;
        let fields =
            [("steps", self.steps), ("batch_size", batch_size), ("accumulate", self.accumulate)];
        for (field, value) in fields {
            if value == 0 {
                return Err(Error::config(
                    format!("{section}.train.{field}"),
                    "expected at least 1, found 0",
                ));
            }
        }
        Ok(())
    }
}

impl Default for EmaConfig {
    fn default() -> Self {
        Self { decays: vec![0.999] }
    }
}

fn default_betas() -> [f64; 2] {
    [0.9, 0.999]
}

fn default_eps() -> f64 {
    1e-8
}

fn default_clip() -> f64 {
    1.0
}

fn default_accumulate() -> u64 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(warmup: u64, decay: Decay) -> OptimizerConfig {
        OptimizerConfig {
            learning_rate: 2.0,
            betas: default_betas(),
            eps: 1e-8,
            warmup,
            decay,
            gradient_clip: 1.0,
        }
    }

    #[test]
    fn warm_up_starts_above_zero_and_reaches_the_rate() {
        let c = config(4, Decay::Constant);
        let rates: Vec<f64> = (0..6).map(|k| c.rate(k, 100)).collect();
        assert_eq!(rates, [0.5, 1.0, 1.5, 2.0, 2.0, 2.0]);
    }

    #[test]
    fn decay_falls_from_the_end_of_warm_up_to_zero() {
        let linear = config(2, Decay::Linear);
        assert!((linear.rate(2, 12) - 2.0).abs() < 1e-12);
        assert!((linear.rate(7, 12) - 1.0).abs() < 1e-12);
        assert!((linear.rate(11, 12) - 0.2).abs() < 1e-12);
        let cosine = config(0, Decay::Cosine);
        assert!((cosine.rate(50, 100) - 1.0).abs() < 1e-12);
        assert!(cosine.rate(99, 100) > 0.0 && cosine.rate(99, 100) < 1e-3);
    }
}
