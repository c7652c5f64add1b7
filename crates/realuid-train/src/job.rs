//! What a run trains, as the loop sees it.

use std::collections::BTreeMap;

use candle_core::Tensor;
use realuid_data::Batch;
use realuid_models::NetworkConfig;

use crate::Result;
use crate::model::{Model, ModelCard};

/// What a run trains: the loop, the checkpoints and the report know a job by this alone.
pub trait Job {
    /// The command it belongs to; every random stream of the run has a name that begins with it.
    fn stage(&self) -> &'static str;

    /// How the trained network is to be used.
    fn card(&self) -> &ModelCard;

    /// The trained network's configuration.
    fn network(&self) -> &NetworkConfig;

    /// Whether [`Job::advance`] is to be given data.
    fn needs_data(&self) -> bool;

    /// Takes step `step` (from 0) on one batch for each part of an accumulated update; the batches
    /// are empty where the job needs no data.
    fn advance(&mut self, step: u64, batches: &[Option<Batch>]) -> Result<Turn>;

    /// Fails where a step since the last check was refused because its gradients were not finite. Waits
    /// for a GPU, where a step itself does not.
    fn check(&self) -> Result<()>;

    /// The trained network as its card says it is used, with the weights as they are now.
    fn model(&self) -> Result<Model>;

    /// Everything to be saved, by file name.
    fn tensors(&self) -> Vec<(String, BTreeMap<String, Tensor>)>;

    /// Updates made, by optimiser.
    fn updates(&self) -> BTreeMap<String, u64>;

    /// Goes back to what [`Job::tensors`] and [`Job::updates`] gave; `load` reads a set by file name.
    fn restore(
        &mut self,
        updates: &BTreeMap<String, u64>,
        load: &mut LoadTensors<'_>,
    ) -> Result<()>;
}

/// Reads a named set of tensors of a checkpoint.
pub type LoadTensors<'a> = dyn FnMut(&str) -> Result<BTreeMap<String, Tensor>> + 'a;

/// What one step did.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Whose turn it was: `matching`, `fake` or `generator`.
    pub kind: &'static str,
    /// Named quantities: `loss` and its terms, `gradient_norm` before clipping, `learning_rate`.
    pub values: Vec<(&'static str, Quantity)>,
    /// What a person should know of how it was done.
    pub note: Option<String>,
}

/// A number that a step reports.
#[derive(Clone, Debug)]
pub enum Quantity {
    /// The number.
    Known(f64),
    /// One F64 scalar on a GPU, which may hold another number after the next step: to read it would
    /// wait for the step.
    OnDevice(Tensor),
}

impl Quantity {
    /// The number, for which this waits where it is on a GPU.
    pub fn read(&self) -> Result<f64> {
        match self {
            Self::Known(value) => Ok(*value),
            Self::OnDevice(value) => Ok(value.to_scalar()?),
        }
    }
}

impl Turn {
    /// A turn of which there is nothing to note.
    pub fn new(kind: &'static str, values: Vec<(&'static str, Quantity)>) -> Self {
        Self { kind, values, note: None }
    }

    /// The quantity called `name`, where it is known without waiting for a GPU.
    pub fn value(&self, name: &str) -> Option<f64> {
        match self.values.iter().find(|(known, _)| *known == name)? {
            (_, Quantity::Known(value)) => Some(*value),
            (_, Quantity::OnDevice(_)) => None,
        }
    }

    /// The quantity called `name`, for which this waits where it is on a GPU.
    pub fn read(&self, name: &str) -> Result<Option<f64>> {
        let found = self.values.iter().find(|(known, _)| *known == name);
        found.map(|(_, quantity)| quantity.read()).transpose()
    }

    /// How many quantities are left on a GPU.
    pub(crate) fn left_on_device(&self) -> usize {
        self.values.iter().filter(|(_, value)| matches!(value, Quantity::OnDevice(_))).count()
    }
}
