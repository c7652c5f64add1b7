//! A network being trained.

use std::collections::BTreeMap;

use candle_core::{DType, Tensor};
use realuid_loss::Loss;
use realuid_models::{Network, NetworkConfig};
use realuid_ops::{Adam, AdamConfig, Ema, Gradients, Parameters, StepConfig};

use crate::config::OptimizerConfig;
use crate::job::{LoadTensors, Turn};
use crate::{Error, Result};

/// A network being trained: its parameters, its optimiser, and how it may be evaluated.
pub struct Learner {
    /// Whose turn an update is called.
    kind: &'static str,
    /// Under which name its weights are saved.
    file: &'static str,
    config: NetworkConfig,
    parameters: Parameters,
    trainable: Box<dyn Network>,
    frozen: Box<dyn Network>,
    optimizer: OptimizerConfig,
    total_updates: u64,
    adam: Adam,
}

/// What a [`Learner`] is called and how long it learns.
pub struct LearnerConfig<'a> {
    /// Name of its turns.
    pub kind: &'static str,
    /// File name of its weights.
    pub file: &'static str,
    /// The network.
    pub network: &'a NetworkConfig,
    /// The optimiser.
    pub optimizer: &'a OptimizerConfig,
    /// Updates it will make in the whole run.
    pub total_updates: u64,
}

impl Learner {
    /// Takes over `parameters`, with a fresh optimiser.
    pub fn new(config: &LearnerConfig, parameters: Parameters) -> Result<Self> {
        let [beta1, beta2] = config.optimizer.betas;
        let adam = AdamConfig { beta1, beta2, eps: config.optimizer.eps };
        Ok(Self {
            kind: config.kind,
            file: config.file,
            config: config.network.clone(),
            trainable: config.network.build_trainable(&parameters)?,
            frozen: config.network.build_frozen(&parameters)?,
            adam: Adam::new(&parameters, adam)?,
            parameters,
            optimizer: config.optimizer.clone(),
            total_updates: config.total_updates,
        })
    }

    /// The network's configuration.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// The parameters as they are now.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The network through which gradients reach the parameters.
    pub fn trainable(&self) -> &dyn Network {
        self.trainable.as_ref()
    }

    /// The same network with the same values, without gradients of its parameters.
    pub fn frozen(&self) -> &dyn Network {
        self.frozen.as_ref()
    }

    /// One update along the mean gradient of `objective` over the parts 0..`parts`, and of the
    /// parameters' `averages` if there are any.
    ///
    /// Each part's graph is gone before the next one is built. Nothing is changed where the loss or
    /// the gradient is not finite.
    ///
    /// # Panics
    /// When `parts` is zero.
    pub fn update(
        &mut self,
        parts: usize,
        averages: Option<&mut Ema>,
        objective: impl Fn(&Self, usize) -> Result<Loss>,
    ) -> Result<Turn> {
        let mut sum: Option<Gradients> = None;
        let mut values: Vec<(&'static str, f64)> = Vec::new();
        for part in 0..parts {
            let Loss { total: loss, terms } = objective(self, part)?;
            add_values(&mut values, "loss", &loss, parts)?;
            for (name, term) in &terms {
                add_values(&mut values, name, term, parts)?;
            }
            self.check_finite("loss", values[0].1)?;
            let gradients = Gradients::of(&loss, &self.parameters)?;
            sum = Some(match sum {
                Some(sum) => sum.add(&gradients)?,
                None => gradients,
            });
        }
        let gradients = sum.expect("an update has at least one part");
        let gradients = if parts == 1 { gradients } else { gradients.scale(1.0 / parts as f64)? };
        let (norm, rate) = self.step(&gradients, averages)?;
        values.extend([("gradient_norm", norm), ("learning_rate", rate)]);
        Ok(Turn { kind: self.kind, values })
    }

    /// Clips and applies `gradients`; returns their norm before and the learning rate.
    fn step(&mut self, gradients: &Gradients, averages: Option<&mut Ema>) -> Result<(f64, f64)> {
        let clip = self.optimizer.gradient_clip;
        let learning_rate = self.optimizer.rate(self.adam.step_count(), self.total_updates);
        let config = StepConfig { learning_rate, max_norm: (clip > 0.0).then_some(clip) };
        match self.adam.step(&self.parameters, gradients, config, averages) {
            Err(realuid_ops::Error::NotFinite { quantity, value, .. }) => {
                Err(self.not_finite(quantity, value))
            }
            norm => Ok((norm?, learning_rate)),
        }
    }

    fn check_finite(&self, quantity: &'static str, value: f64) -> Result<()> {
        if value.is_finite() { Ok(()) } else { Err(self.not_finite(quantity, value)) }
    }

    fn not_finite(&self, quantity: &'static str, value: f64) -> Error {
        // The loop knows the step and the checkpoint and puts them in.
        Error::NotFinite { step: 0, turn: self.kind, quantity, value, checkpoint: String::new() }
    }

    /// Weights and optimiser state, by file name.
    pub fn tensors(&self) -> [(String, BTreeMap<String, Tensor>); 2] {
        [
            (self.file.to_owned(), self.parameters.tensors()),
            (self.optimizer_file(), self.adam.state()),
        ]
    }

    /// Updates made.
    pub fn updates(&self) -> (String, u64) {
        (self.file.to_owned(), self.adam.step_count())
    }

    /// Goes back to what [`Learner::tensors`] and [`Learner::updates`] gave.
    pub fn restore(
        &mut self,
        updates: &BTreeMap<String, u64>,
        load: &mut LoadTensors<'_>,
    ) -> Result<()> {
        let Some(&step) = updates.get(self.file) else {
            return Err(Error::Mismatch {
                what: "checkpoint",
                expected: format!("the number of updates of {:?}", self.file),
                found: format!("{:?}", updates.keys()),
                advice: "the checkpoint belongs to another kind of run".into(),
            });
        };
        self.parameters.assign(&load(self.file)?)?;
        Ok(self.adam.restore(&load(&self.optimizer_file())?, step)?)
    }

    fn optimizer_file(&self) -> String {
        format!("{}-optimizer", self.file)
    }
}

/// Adds `tensor` / `parts` to the value called `name`.
fn add_values(
    values: &mut Vec<(&'static str, f64)>,
    name: &'static str,
    tensor: &Tensor,
    parts: usize,
) -> Result<()> {
    let value = tensor.to_dtype(DType::F64)?.to_scalar::<f64>()? / parts as f64;
    match values.iter_mut().find(|(known, _)| *known == name) {
        Some((_, sum)) => *sum += value,
        None => values.push((name, value)),
    }
    Ok(())
}
