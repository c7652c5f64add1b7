use candle_core::{DType, Device, Tensor};
use realuid_data::Batch;
use realuid_models::NetworkConfig;
use realuid_ops::RandomStream;
use realuid_paths::TimeDistribution;

use crate::conditioning::conditioning;
use crate::framework::{Framework, SourceEnd};
use crate::model::GeneratorInput;
use crate::{Error, Result};

/// Everything random in one part of one turn, so that the turn itself is a function.
#[derive(Clone)]
pub struct Draw {
    /// What the generator starts from.
    pub input: GeneratorInput,
    /// Source end shared by the generated and the real branch, `[B, ...]`.
    pub source: Tensor,
    /// Latent noise shared by both branches, `[B, ...]`; present where the path has one.
    pub latent: Option<Tensor>,
    /// Native times shared by both branches, `[B]`.
    pub t: Tensor,
    /// Native times at which the critic looks, `[B]`; present when there is one.
    pub critic_t: Option<Tensor>,
    /// Real data, `[B, ...]`; present when the run has any.
    pub data: Option<Tensor>,
    /// Classes of both branches, `[B]` of u32; present when the networks are conditional.
    pub classes: Option<Tensor>,
}

/// Makes the [`Draw`] of any step from streams named by the seed.
pub struct Draws {
    /// The run's seed.
    pub seed: u64,
    /// Examples in each branch.
    pub batch_size: usize,
    /// Distribution of times.
    pub times: TimeDistribution,
    /// Distribution of the critic's times.
    pub critic_times: Option<TimeDistribution>,
    /// The generator's configuration.
    pub network: NetworkConfig,
    /// Where the tensors live.
    pub device: Device,
}

impl Draws {
    /// The draw for part `part` of step `step` in `framework`; `batch` is the real data, if the run
    /// has any.
    pub fn draw(
        &self,
        framework: &Framework,
        step: u64,
        part: usize,
        batch: Option<&Batch>,
    ) -> Result<Draw> {
        let stream = |purpose| RandomStream::new(self.seed, purpose, step).child(part as u64);
        let shape = [&[self.batch_size], self.network.data_shape().as_slice()].concat();
        let latent = |purpose| framework.latent(&stream(purpose), &shape, &self.device);
        let times = |times: &TimeDistribution, purpose| {
            times.sample(&stream(purpose), self.batch_size, DType::F32, &self.device)
        };
        let classes = match batch {
            Some(batch) => conditioning(&self.network, batch.classes.as_ref())?,
            None => self.random_classes(&stream("distill class"))?,
        };
        let [start, source] = self.sources(framework.source, &shape, &stream, batch)?;
        let noise = self.network.noise_shape().map(|noise| {
            let shape = [&[self.batch_size], noise.as_slice()].concat();
            stream("distill generator noise").normal(shape.as_slice(), DType::F32, &self.device)
        });
        let critic_t = self.critic_times.as_ref();
        Ok(Draw {
            input: GeneratorInput {
                source: start,
                latent: latent("distill start latent")?,
                noise: noise.transpose()?,
            },
            source,
            latent: latent("distill latent")?,
            t: times(&self.times, "distill time")?,
            critic_t: critic_t.map(|t| times(t, "distill critic time")).transpose()?,
            data: batch.map(|batch| batch.data.clone()),
            classes,
        })
    }

    /// The source end that the generator starts from, and that of the branches.
    ///
    /// The branches are coupled as the teacher's data were: a sample made from one half of a pair
    /// stays with it, a sample made from independent noise or data meets other noise or data.
    fn sources(
        &self,
        end: SourceEnd,
        shape: &[usize],
        stream: &impl Fn(&'static str) -> RandomStream,
        batch: Option<&Batch>,
    ) -> Result<[Tensor; 2]> {
        let normal = |purpose| stream(purpose).normal(shape, DType::F32, &self.device);
        if end == SourceEnd::Noise {
            return Ok([normal("distill noise")?, normal("distill source")?]);
        }
        let Some(source) = batch.and_then(|batch| batch.source.clone()) else {
            return Err(Error::Mismatch {
                what: "data of the distillation",
                expected: "a source beside each example, as the teacher had".into(),
                found: "examples without".into(),
                advice: "give data.uri a source, such as `digits?source=blur`".into(),
            });
        };
        let other = match end {
            SourceEnd::Independent => source.roll(1, 0)?,
            _ => source.clone(),
        };
        Ok([source, other])
    }

    /// Classes drawn evenly, for a conditional network without data.
    fn random_classes(&self, stream: &RandomStream) -> Result<Option<Tensor>> {
        let Some(count) = self.network.num_classes() else { return Ok(None) };
        let classes: Vec<u32> = (0..self.batch_size as u64)
            .map(|i| (stream.uniform_at(i) * count as f64) as u32)
            .collect();
        Ok(Some(Tensor::from_vec(classes, self.batch_size, &self.device)?))
    }
}
