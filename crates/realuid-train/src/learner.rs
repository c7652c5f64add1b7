//! A network being trained.

use std::collections::BTreeMap;

use candle_core::{DType, Tensor};
use realuid_loss::Loss;
use realuid_models::{Execution, Network, NetworkConfig};
use realuid_ops::{Adam, AdamConfig, Ema, Gradients, Parameters, StepConfig};

use crate::config::OptimizerConfig;
use crate::job::{LoadTensors, Quantity, Turn};
use crate::{Error, Result};

/// A network being trained: its parameters, its optimiser, and how it may be evaluated.
pub struct Learner {
    /// Whose turn an update is called.
    kind: &'static str,
    /// Under which name its weights are saved.
    file: &'static str,
    config: NetworkConfig,
    execution: Execution,
    parameters: Parameters,
    trainable: Box<dyn Network>,
    frozen: Box<dyn Network>,
    optimizer: OptimizerConfig,
    total_updates: u64,
    adam: Adam,
}

/// The loss of each part of an update, which sees the learner as it is.
pub type Parts<'a> = dyn Fn(&Learner, usize) -> Result<Loss> + 'a;

/// What a [`Learner`] is called and how long it learns.
pub struct LearnerConfig<'a> {
    /// Name of its turns.
    pub kind: &'static str,
    /// File name of its weights.
    pub file: &'static str,
    /// The network.
    pub network: &'a NetworkConfig,
    /// How it is computed.
    pub execution: Execution,
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
        let builder = config.network.executed(config.execution);
        Ok(Self {
            kind: config.kind,
            file: config.file,
            config: config.network.clone(),
            execution: config.execution,
            trainable: builder.build_trainable(&parameters)?,
            frozen: builder.build_frozen(&parameters)?,
            adam: Adam::new(&parameters, adam)?,
            parameters,
            optimizer: config.optimizer.clone(),
            total_updates: config.total_updates,
        })
    }

    /// What its turns are called.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The network's configuration.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// How its network is computed.
    pub fn execution(&self) -> Execution {
        self.execution
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
    /// Each part's graph is gone before the next one is built. Nothing is changed where the gradient is
    /// not finite; on the CPU that is an error at once, on a GPU, for which an update does not wait,
    /// [`Learner::check`] says so.
    ///
    /// # Panics
    /// When `parts` is zero.
    pub fn update(
        &mut self,
        parts: usize,
        averages: Option<&mut Ema>,
        objective: &Parts<'_>,
    ) -> Result<Turn> {
        if !self.parameters.device().is_cpu() {
            let rate = self.prepare()?;
            let values = self.enqueue(parts, averages, objective)?;
            return Ok(self.turn(rate, values));
        }
        let (gradients, values) = self.differentiate(parts, objective)?;
        let read = |(name, value): &(_, Tensor)| Ok((*name, value.to_scalar::<f64>()?));
        let mut values = values.iter().map(read).collect::<Result<Vec<_>>>()?;
        if let Some((_, loss)) = values.first().filter(|(_, loss)| !loss.is_finite()) {
            return Err(Error::not_finite(self.kind, "loss", *loss));
        }
        let (norm, rate) = self.step(&gradients, averages)?;
        values.extend([("gradient_norm", norm), ("learning_rate", rate)]);
        let known = |(name, value)| (name, Quantity::Known(value));
        Ok(Turn::new(self.kind, values.into_iter().map(known).collect()))
    }

    /// Begins the next update, and returns its learning rate: ahead of [`Learner::enqueue`], and of every
    /// launch of a graph that recorded it.
    pub fn prepare(&mut self) -> Result<f64> {
        let rate = self.rate();
        self.adam.prepare(rate)?;
        Ok(rate)
    }

    /// Takes back what [`Learner::prepare`] began.
    pub fn withdraw(&mut self) {
        self.adam.withdraw();
    }

    /// Makes the update that [`Learner::prepare`] began as [`Learner::update`] does, without waiting for
    /// a GPU; returns what it reports but for the learning rate, F64 scalars.
    pub fn enqueue(
        &mut self,
        parts: usize,
        averages: Option<&mut Ema>,
        objective: &Parts<'_>,
    ) -> Result<Vec<(&'static str, Tensor)>> {
        let (gradients, mut values) = self.differentiate(parts, objective)?;
        let max_norm = self.max_norm();
        let norm = self.adam.enqueue(&self.parameters, &gradients, max_norm, averages)?;
        values.push(("gradient_norm", norm));
        Ok(values)
    }

    /// A turn of this learner on a GPU, from what [`Learner::prepare`] and [`Learner::enqueue`] gave.
    pub fn turn(&self, rate: f64, values: Vec<(&'static str, Tensor)>) -> Turn {
        let on_device = |(name, value)| (name, Quantity::OnDevice(value));
        let mut values: Vec<_> = values.into_iter().map(on_device).collect();
        values.push(("learning_rate", Quantity::Known(rate)));
        Turn::new(self.kind, values)
    }

    /// Fails where an update was refused; waits for a GPU.
    pub fn check(&self) -> Result<()> {
        match self.adam.refused_steps()? {
            0 => Ok(()),
            _ => Err(Error::not_finite(self.kind, "gradient norm", f64::NAN)),
        }
    }

    /// The mean gradient over the parts, and the means of the loss and of its terms, F64 scalars.
    fn differentiate(
        &self,
        parts: usize,
        objective: &Parts<'_>,
    ) -> Result<(Gradients, Vec<(&'static str, Tensor)>)> {
        let mut sum: Option<Gradients> = None;
        let mut values: Vec<(&'static str, Tensor)> = Vec::new();
        for part in 0..parts {
            let Loss { total: loss, terms } = objective(self, part)?;
            add_value(&mut values, "loss", &loss, parts)?;
            for (name, term) in &terms {
                add_value(&mut values, name, term, parts)?;
            }
            let gradients = Gradients::of(&loss, &self.parameters)?;
            sum = Some(match sum {
                Some(sum) => sum.add(&gradients)?,
                None => gradients,
            });
        }
        let sum = sum.expect("an update has at least one part");
        let mean = if parts == 1 { sum } else { sum.scale(1.0 / parts as f64)? };
        Ok((mean, values))
    }

    /// Clips and applies `gradients`; returns their norm before and the learning rate.
    fn step(&mut self, gradients: &Gradients, averages: Option<&mut Ema>) -> Result<(f64, f64)> {
        let learning_rate = self.rate();
        let config = StepConfig { learning_rate, max_norm: self.max_norm() };
        match self.adam.step(&self.parameters, gradients, config, averages) {
            Err(realuid_ops::Error::NotFinite { quantity, value, .. }) => {
                Err(Error::not_finite(self.kind, quantity, value))
            }
            norm => Ok((norm?, learning_rate)),
        }
    }

    /// Learning rate of the next update.
    fn rate(&self) -> f64 {
        self.optimizer.rate(self.adam.step_count(), self.total_updates)
    }

    fn max_norm(&self) -> Option<f64> {
        let clip = self.optimizer.gradient_clip;
        (clip > 0.0).then_some(clip)
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

/// Adds `loss` / `parts` to the value called `name`.
fn add_value(
    values: &mut Vec<(&'static str, Tensor)>,
    name: &'static str,
    loss: &Tensor,
    parts: usize,
) -> Result<()> {
    // Detached: the number alone is wanted, and the graph is to go.
    let value = (loss.detach().to_dtype(DType::F64)? / parts as f64)?;
    match values.iter_mut().find(|(known, _)| *known == name) {
        Some((_, sum)) => *sum = (&*sum + value)?,
        None => values.push((name, value)),
    }
    Ok(())
}
