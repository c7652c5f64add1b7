use candle_core::{DType, Device, Tensor};
use realuid_data::Batch;
use realuid_models::NetworkConfig;
use realuid_ops::RandomStream;
use realuid_paths::TimeDistribution;

use crate::Result;
use crate::conditioning::conditioning;

/// Everything random in one part of one turn, so that the turn itself is a function.
#[derive(Clone)]
pub struct Draw {
    /// The generator's input, standard normal, `[B, ...]`.
    pub noise: Tensor,
    /// Source end shared by the generated and the real branch, `[B, ...]`.
    pub source: Tensor,
    /// Native times shared by both branches, `[B]`.
    pub t: Tensor,
    /// Native times at which the critic looks, `[B]`; present when there is one.
    pub critic_t: Option<Tensor>,
    /// Real data, `[B, ...]`; present when the objective or the adversary uses them.
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
    /// The networks' configuration.
    pub network: NetworkConfig,
    /// Where the tensors live.
    pub device: Device,
}

impl Draws {
    /// The draw for part `part` of step `step`; `batch` is the real data, if the objective or the
    /// adversary uses them.
    pub fn draw(&self, step: u64, part: usize, batch: Option<&Batch>) -> Result<Draw> {
        let stream = |purpose| RandomStream::new(self.seed, purpose, step).child(part as u64);
        let shape = [&[self.batch_size], self.network.data_shape().as_slice()].concat();
        let normal = |purpose| stream(purpose).normal(shape.as_slice(), DType::F32, &self.device);
        let times = |times: &TimeDistribution, purpose| {
            times.sample(&stream(purpose), self.batch_size, DType::F32, &self.device)
        };
        let classes = match batch {
            Some(batch) => conditioning(&self.network, batch.classes.as_ref())?,
            None => self.random_classes(&stream("distill class"))?,
        };
        Ok(Draw {
            noise: normal("distill noise")?,
            source: normal("distill source")?,
            t: times(&self.times, "distill time")?,
            critic_t: self
                .critic_times
                .as_ref()
                .map(|t| times(t, "distill critic time"))
                .transpose()?,
            data: batch.map(|batch| batch.data.clone()),
            classes,
        })
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
