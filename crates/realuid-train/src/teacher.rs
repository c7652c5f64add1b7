//! Training of matching models.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use realuid_data::Batch;
use realuid_loss::{Loss, Weighting, matching_loss};
use realuid_models::{Condition, NetworkConfig, drop_classes};
use realuid_ops::{Ema, RandomStream};
use realuid_paths::{Ends, TimeDistribution};

use crate::averages;
use crate::conditioning::{conditioning, source_condition};
use crate::config::Recipe;
use crate::framework::{Framework, SourceEnd};
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
    framework: Framework,
    times: TimeDistribution,
    weighting: Weighting,
    class_dropout: f64,
    /// Where the tensors live.
    device: Device,
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
            execution: recipe.compute.begin(device)?,
            optimizer: &config.optimizer,
            total_updates: config.train.steps,
        };
        let source = SourceEnd::of_data(&recipe.data.uri)?;
        let matching = Matching {
            seed,
            framework: Framework::new(&config.path, source)?,
            times: config.times()?.distribution()?,
            weighting: config.weight.weighting(),
            class_dropout: config.class_dropout,
            device: device.clone(),
        };
        Ok(Self {
            matching,
            learner: Learner::new(&learner, parameters)?,
            card: ModelCard {
                format: ModelCard::FORMAT,
                role: Role::Teacher,
                path: config.path.clone(),
                source,
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
        let batch = &batch.to_device(&self.device)?;
        let data = &batch.data;
        let source = match &batch.source {
            Some(source) => source.clone(),
            None => stream("teacher source").normal(data.shape(), data.dtype(), data.device())?,
        };
        let latent = stream("teacher latent");
        let latent = self.framework.latent(&latent, data.dims(), data.device())?;
        let t =
            self.times.sample(&stream("teacher time"), data.dim(0)?, DType::F32, data.device())?;
        let path = self.framework.path.as_ref();
        let condition = Condition {
            classes: self.classes(learner.config(), batch, &stream("teacher class dropout"))?,
            source: source_condition(learner.config(), &source),
            noise: None,
            dropout: Some(stream("teacher dropout")),
        };
        let ends = Ends { data: data.clone(), source, latent };
        let x = path.interpolate(&ends, &t)?;
        let target = self.framework.heads.target(path, &ends, &t)?;
        let prediction = learner.trainable().forward(&x, &t, &condition)?;
        let weight = self.framework.weights(self.weighting, &t)?;
        let loss = matching_loss(&prediction, &target, weight.as_ref())?;
        Ok(Loss { total: loss, terms: Vec::new() })
    }

    /// The batch's classes, some of them dropped.
    fn classes(
        &self,
        network: &NetworkConfig,
        batch: &Batch,
        stream: &RandomStream,
    ) -> Result<Option<Tensor>> {
        let classes = conditioning(network, batch.classes.as_ref())?;
        match (classes, network.null_class()) {
            (Some(classes), Some(null)) if self.class_dropout > 0.0 => {
                Ok(Some(drop_classes(&classes, null, self.class_dropout, stream)?))
            }
            (classes, _) => Ok(classes),
        }
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
        let loss = |learner: &Learner, part| matching.loss(learner, step, part, batches[part]);
        self.learner.update(batches.len(), Some(&mut self.ema), &loss)
    }

    fn check(&self) -> Result<()> {
        self.learner.check()
    }

    fn model(&self) -> Result<Model> {
        let parameters = averages::preferred_parameters(&self.ema, self.learner.parameters());
        let (config, execution) = (self.learner.config(), self.learner.execution());
        Model::new(self.card.clone(), config, parameters, execution)
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
