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
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Whose turn it was: `matching`, `fake` or `generator`.
    pub kind: &'static str,
    /// Named quantities: `loss` and its terms, `gradient_norm` before clipping, `learning_rate`.
    pub values: Vec<(&'static str, f64)>,
}

impl Turn {
    /// The same without the loss and its terms.
    pub(crate) fn without_loss(mut self) -> Self {
        self.values.retain(|(name, _)| matches!(*name, "gradient_norm" | "learning_rate"));
        self
    }

    /// The quantity called `name`.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}
