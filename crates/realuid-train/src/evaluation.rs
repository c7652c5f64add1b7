//! Distances between samples and data, as a run and `realuid evaluate` measure them.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use realuid_metrics::{
    FeatureExtractor, FrechetStatistics, PooledPixels, energy_distance, frechet_distance, kid,
    prdc, random_directions, sliced_wasserstein,
};
use realuid_ops::RandomStream;
use serde::{Deserialize, Serialize};

use crate::class_shares::{ClassShares, ClassedExamples};
use crate::config::{Metric, OutputConfig};
use crate::model::{GeneratorTimes, Model, SampleRequest, Samples, repeated};
use crate::{Error, Result};

/// Most features that pixels are pooled to.
const FEATURES: usize = 256;
/// Directions of the sliced Wasserstein distance.
const DIRECTIONS: usize = 256;
/// Neighbours in precision, recall, density and coverage, which need more samples than this.
pub const NEIGHBOURS: usize = 5;
/// Samples drawn at once.
const BATCH: usize = 256;
/// Seed of the choice of examples and of the directions: the same in every run, so that runs compare.
pub(crate) const SEED: u64 = 0;

/// Distances between samples and data, on data as they are (vectors) or on pixels pooled to at most
/// 256 features, in the data's own scale (`[-1, 1]` for images).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Frechet distance of the two fitted Gaussians.
    pub frechet: f64,
    /// Sliced 2-Wasserstein distance.
    pub sliced_wasserstein: f64,
    /// Energy distance.
    pub energy_distance: f64,
    /// Kernel distance (unbiased, cubic kernel).
    pub kid: f64,
    /// Share of samples within the data's neighbourhoods.
    pub precision: f64,
    /// Share of data within the samples' neighbourhoods.
    pub recall: f64,
    /// How densely the data surround the samples.
    pub density: f64,
    /// Share of data with a sample in their neighbourhood.
    pub coverage: f64,
}

/// Measures samples against a fixed choice of examples.
pub struct Evaluator {
    examples: Tensor,
    sources: Option<Tensor>,
    classes: Option<Tensor>,
    features: Tensor,
    statistics: FrechetStatistics,
    directions: Tensor,
    device: Device,
}

impl Evaluator {
    /// Takes at most `count` examples of the data at `uri`.
    pub fn open(uri: &str, count: usize, device: &Device) -> Result<Self> {
        let dataset = realuid_data::open(uri)?;
        let examples = realuid_data::distinct_examples(dataset.as_ref(), count, SEED)?;
        let (examples, sources, classes) = (examples.data, examples.source, examples.classes);
        let features = features(&examples)?;
        let dimension = features.dim(1)?;
        let mut statistics = FrechetStatistics::new(dimension);
        statistics.push(&features)?;
        Ok(Self {
            examples,
            sources,
            classes,
            directions: random_directions(
                &RandomStream::new(SEED, "directions", 0),
                DIRECTIONS,
                dimension,
            )?,
            features,
            statistics,
            device: device.clone(),
        })
    }

    /// Fails unless samples of `shape` can be compared with the data.
    pub fn expect_shape(&self, shape: &[usize]) -> Result<()> {
        let found = &self.examples.dims()[1..];
        if found == shape {
            return Ok(());
        }
        Err(Error::Mismatch {
            what: "network and data",
            expected: format!("data of the network's shape {shape:?}"),
            found: format!("examples of shape {found:?}"),
            advice: "change the network's shape, or the data's size".into(),
        })
    }

    /// Where the tensors of the run live.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Source ends to make `count` samples of, where the data have any.
    pub fn sources(&self, count: usize) -> Result<Option<Tensor>> {
        self.sources.as_ref().map(|sources| repeated(sources, count)).transpose()
    }

    /// At most `count` of the examples, `[N, ...]`.
    pub fn examples(&self, count: usize) -> Result<Tensor> {
        Ok(self.examples.narrow(0, 0, count.min(self.examples.dim(0)?))?)
    }

    /// `count` samples of `model`, the same noise for the same `seed`; made where the tensors of the run
    /// live, and brought to the CPU.
    pub fn sample(
        &self,
        model: &Model,
        seed: u64,
        count: usize,
        output: &OutputConfig,
    ) -> Result<Samples> {
        let request = SampleRequest {
            stream: RandomStream::new(seed, "evaluation", 0),
            count,
            batch_size: BATCH,
            solver: &output.evaluation.solver,
            times: &GeneratorTimes::All,
            sources: self.sources(count)?,
            guidance: None,
            class: None,
        };
        let samples = model.sample(&request, &self.device)?;
        Ok(Samples { data: samples.data.to_device(&Device::Cpu)?, ..samples })
    }

    /// Distances between `samples` `[N, ...]` on the CPU and the data.
    pub fn measure(&self, samples: &Tensor) -> Result<Metrics> {
        let samples = features(samples)?;
        let mut statistics = FrechetStatistics::new(samples.dim(1)?);
        statistics.push(&samples)?;
        let neighbours = prdc(&self.features, &samples, NEIGHBOURS)?;
        Ok(Metrics {
            frechet: frechet_distance(&self.statistics, &statistics)?,
            sliced_wasserstein: sliced_wasserstein(&self.features, &samples, &self.directions)?,
            energy_distance: energy_distance(&self.features, &samples)?,
            kid: kid(&self.features, &samples)?,
            precision: neighbours.precision,
            recall: neighbours.recall,
            density: neighbours.density,
            coverage: neighbours.coverage,
        })
    }
}

impl Evaluator {
    /// To which classes of the data `samples` `[N, ...]` belong, by features as the metrics'; with a
    /// `radius` also the share that is so near to the mean of a class. Fails where the data have none.
    pub fn class_shares(&self, samples: &Tensor, radius: Option<f64>) -> Result<ClassShares> {
        let classes = self.classes.clone().ok_or_else(|| Error::Mismatch {
            what: "classes of the data",
            expected: "examples with classes".into(),
            found: "examples without".into(),
            advice: "leave --classes out, or compare with data that have classes".into(),
        })?;
        let examples = ClassedExamples { features: self.features.clone(), classes };
        examples.shares(&features(samples)?, radius)
    }
}

impl Metrics {
    /// The distance by which checkpoints are compared.
    pub fn get(&self, metric: Metric) -> f64 {
        match metric {
            Metric::Frechet => self.frechet,
            Metric::SlicedWasserstein => self.sliced_wasserstein,
            Metric::EnergyDistance => self.energy_distance,
        }
    }

    /// All of them by name.
    pub fn values(&self) -> BTreeMap<String, f64> {
        [
            ("frechet", self.frechet),
            ("sliced_wasserstein", self.sliced_wasserstein),
            ("energy_distance", self.energy_distance),
            ("kid", self.kid),
            ("precision", self.precision),
            ("recall", self.recall),
            ("density", self.density),
            ("coverage", self.coverage),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// Vectors as they are; images as pooled pixels, clamped as a file would clamp them, scaled back to `[-1, 1]`.
fn features(x: &Tensor) -> Result<Tensor> {
    if x.rank() == 2 {
        return Ok(x.clone());
    }
    let unit = x.clamp(-1.0, 1.0)?.affine(0.5, 0.5)?;
    Ok(PooledPixels::new(FEATURES).features(&unit)?.affine(2.0, -1.0)?)
}
