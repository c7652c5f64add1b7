//! What a run works on, made from its recipe and checked before the run has a folder.

use candle_core::Device;
use realuid_data::{Loader, LoaderConfig};
use realuid_ops::RandomStream;

use crate::config::{DataConfig, OutputConfig, ScheduleConfig};
use crate::evaluation::Evaluator;
use crate::job::Job;
use crate::{Error, Result};

/// What the loop needs to know of a run's configuration.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Names every random stream.
    pub seed: u64,
    /// The data.
    pub data: DataConfig,
    /// How long.
    pub train: ScheduleConfig,
    /// What is written and when.
    pub output: OutputConfig,
}

impl Plan {
    /// The measure of the run's samples; fails where `job` makes no such samples.
    pub fn evaluator(&self, job: &dyn Job, device: &Device) -> Result<Evaluator> {
        let uri = self.output.evaluation.data.as_deref().unwrap_or(&self.data.uri);
        let evaluator = Evaluator::open(uri, self.output.evaluation.samples, device)?;
        evaluator.expect_shape(&job.network().data_shape())?;
        if !job.card().source.is_noise() && evaluator.sources(1)?.is_none() {
            return Err(Error::Mismatch {
                what: "data to evaluate with",
                expected: "a source beside each example, to make samples of".into(),
                found: format!("{uri}, without"),
                advice: "give output.evaluation.data the source of data.uri".into(),
            });
        }
        Ok(evaluator)
    }

    /// The batches from step `step` on, if `job` wants any; fails where they do not fit it.
    pub fn loader(&self, job: &dyn Job, step: u64) -> Result<Option<Loader>> {
        if !job.needs_data() {
            return Ok(None);
        }
        let dataset = realuid_data::open(&self.data.uri)?;
        check_classes(job.network().num_classes(), dataset.class_count())?;
        let purpose = format!("{} data", job.stage());
        let config = LoaderConfig {
            batch_size: self.train.batch_size,
            // The loader names its streams by a seed alone; every stage has one of its own.
            seed: RandomStream::new(self.seed, &purpose, 0).word(0),
            horizontal_flip: self.data.horizontal_flip,
            workers: self.data.workers,
            prefetch: self.data.prefetch,
        };
        Ok(Some(Loader::new(dataset, config, step * self.train.accumulate)?))
    }
}

/// A conditional network needs labelled data, with no more classes than it knows.
fn check_classes(network: Option<usize>, data: Option<u32>) -> Result<()> {
    let Some(known) = network else { return Ok(()) };
    if data.is_some_and(|found| found as usize <= known) {
        return Ok(());
    }
    Err(Error::Mismatch {
        what: "classes of network and data",
        expected: format!("data with at most {known} classes, as the network has"),
        found: data.map_or("data without classes".into(), |found| format!("{found} classes")),
        advice: "change num_classes of the network, or the data".into(),
    })
}
