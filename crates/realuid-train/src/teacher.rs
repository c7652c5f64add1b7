//! Training of matching models.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use realuid_data::Batch;
use realuid_loss::{Loss, matching_loss};
use realuid_models::{Condition, NetworkConfig};
use realuid_ops::{Ema, RandomStream};
use realuid_paths::{Ends, Interpolant, Prediction, TimeDistribution};

use crate::averages;
use crate::conditioning::conditioning;
use crate::config::Recipe;
use crate::job::{Job, LoadTensors, Turn};
use crate::learner::{Learner, LearnerConfig};
use crate::model::{Model, ModelCard, Role};
use crate::{Result, weights};

/// Training of a matching model on data (theory.md, section 2: the matching loss).
pub struct Teacher {
    matching: Matching,
    learner: Learner,
    ema: Ema,
    card: ModelCard,
}

/// What the network is to match, and where the randomness comes from.
struct Matching {
    seed: u64,
    interpolant: Box<dyn Interpolant>,
    prediction: Prediction,
    times: TimeDistribution,
}

impl Teacher {
    /// A fresh network, its values a function of the configuration's seed.
    pub fn new(recipe: &Recipe, device: &Device) -> Result<Self> {
        let (seed, config) = (recipe.seed, recipe.teacher()?);
        let parameters =
            config.network.initialise(&RandomStream::new(seed, "teacher weights", 0), device)?;
        let ema = Ema::new(&parameters, &config.ema.decays)?;
        let learner = LearnerConfig {
            kind: "matching",
            file: weights::MODEL,
            network: &config.network,
            optimizer: &config.optimizer,
            total_updates: config.train.steps,
        };
        let matching = Matching {
            seed,
            interpolant: config.path.interpolant()?,
            prediction: config.path.prediction()?,
            times: config.path.times(config.time, "teacher.time")?.distribution()?,
        };
        Ok(Self {
            matching,
            learner: Learner::new(&learner, parameters)?,
            card: ModelCard {
                format: ModelCard::FORMAT,
                role: Role::Teacher,
                path: config.path.clone(),
                weights: averages::preferred(&ema),
                data: recipe.data.uri.clone(),
            },
            ema,
        })
    }
}

impl Matching {
    /// Matching loss of one batch at the times and with the noise of (`step`, `part`).
    fn loss(&self, learner: &Learner, step: u64, part: usize, batch: &Batch) -> Result<Loss> {
        let stream = |purpose| RandomStream::new(self.seed, purpose, step).child(part as u64);
        let data = &batch.data;
        let source = stream("teacher source").normal(data.shape(), data.dtype(), data.device())?;
        let t =
            self.times.sample(&stream("teacher time"), data.dim(0)?, DType::F32, data.device())?;
        let ends = Ends { data: data.clone(), source, latent: None };
        let x = self.interpolant.interpolate(&ends, &t)?;
        let target = self.interpolant.target(self.prediction, &ends, &t)?;
        let classes = conditioning(learner.config(), batch.classes.as_ref())?;
        let dropout = Some(stream("teacher dropout"));
        let condition = Condition { classes, dropout, ..Condition::none() };
        let prediction = learner.trainable().forward(&x, &t, &condition)?;
        Ok(Loss { total: matching_loss(&prediction, &target, None)?, terms: Vec::new() })
    }
}

impl Job for Teacher {
    fn stage(&self) -> &'static str {
        "teacher"
    }

    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn network(&self) -> &NetworkConfig {
        self.learner.config()
    }

    fn needs_data(&self) -> bool {
        true
    }

    fn advance(&mut self, step: u64, batches: &[Option<Batch>]) -> Result<Turn> {
        let batches: Vec<&Batch> = batches.iter().flatten().collect();
        let matching = &self.matching;
        self.learner.update(batches.len(), Some(&mut self.ema), |learner, part| {
            matching.loss(learner, step, part, batches[part])
        })
    }

    fn model(&self) -> Result<Model> {
        let parameters = averages::preferred_parameters(&self.ema, self.learner.parameters());
        Model::new(self.card.clone(), self.learner.config(), parameters)
    }

    fn tensors(&self) -> Vec<(String, BTreeMap<String, Tensor>)> {
        averages::tensors(&self.ema).chain(self.learner.tensors()).collect()
    }

    fn updates(&self) -> BTreeMap<String, u64> {
        [self.learner.updates()].into()
    }

    fn restore(
        &mut self,
        updates: &BTreeMap<String, u64>,
        load: &mut LoadTensors<'_>,
    ) -> Result<()> {
        self.learner.restore(updates, load)?;
        averages::restore(&self.ema, load)
    }
}
