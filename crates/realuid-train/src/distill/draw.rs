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
    /// What the generator's evaluations are made of, up to the one whose samples are looked at.
    pub inputs: Vec<GeneratorInput>,
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

impl Draw {
    /// All its tensors, in an order that is the same for draws of one shape.
    pub fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        let Self { inputs, source, latent, t, critic_t, data, classes } = self;
        let inputs = inputs.iter().flat_map(GeneratorInput::tensors);
        let optional = [latent, critic_t, data, classes].into_iter().flatten();
        inputs.chain([source, t]).chain(optional)
    }

    /// The same values in memory of its own.
    pub fn copied(&self) -> Result<Self> {
        let copy = |tensor: &Tensor| tensor.copy();
        let optional = |tensor: &Option<Tensor>| tensor.as_ref().map(copy).transpose();
        Ok(Self {
            inputs: self.inputs.iter().map(GeneratorInput::copied).collect::<Result<_>>()?,
            source: copy(&self.source)?,
            latent: optional(&self.latent)?,
            t: copy(&self.t)?,
            critic_t: optional(&self.critic_t)?,
            data: optional(&self.data)?,
            classes: optional(&self.classes)?,
        })
    }
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
    /// Evaluations that the generator is trained for.
    pub generator_steps: usize,
    /// The generator's configuration.
    pub network: NetworkConfig,
    /// Where the tensors live.
    pub device: Device,
}

impl Draws {
    /// The draw for part `part` of step `step` in `framework`; `batch` is the real data, if the run
    /// has any, wherever they are.
    pub fn draw(
        &self,
        framework: &Framework,
        step: u64,
        part: usize,
        batch: Option<&Batch>,
    ) -> Result<Draw> {
        let stream = |purpose| RandomStream::new(self.seed, purpose, step).child(part as u64);
        let batch = &batch.map(|batch| batch.to_device(&self.device)).transpose()?;
        let batch = batch.as_ref();
        let shape = [&[self.batch_size], self.network.data_shape().as_slice()].concat();
        let normal = |purpose| stream(purpose).normal(shape.as_slice(), DType::F32, &self.device);
        let times = |times: &TimeDistribution, purpose| {
            times.sample(&stream(purpose), self.batch_size, DType::F32, &self.device)
        };
        let classes = match batch {
            Some(batch) => conditioning(&self.network, batch.classes.as_ref())?,
            None => self.random_classes(&stream("distill class"))?,
        };
        let critic_t = self.critic_times.as_ref();
        Ok(Draw {
            inputs: self.inputs(framework, &stream, batch)?,
            source: match framework.source {
                SourceEnd::Noise => normal("distill source")?,
                end => sources(batch, end, 1)?,
            },
            latent: framework.latent(&stream("distill latent"), &shape, &self.device)?,
            t: times(&self.times, "distill time")?,
            critic_t: critic_t.map(|t| times(t, "distill critic time")).transpose()?,
            data: batch.map(|batch| batch.data.clone()),
            classes,
        })
    }

    /// What the generator's evaluations are made of up to the drawn one, each step as likely as any
    /// other.
    fn inputs(
        &self,
        framework: &Framework,
        stream: &impl Fn(&'static str) -> RandomStream,
        batch: Option<&Batch>,
    ) -> Result<Vec<GeneratorInput>> {
        let drawn = stream("distill generator step").uniform_at(0) * self.generator_steps as f64;
        (0..=drawn as usize)
            .map(|step| {
                let stream = |purpose| match step {
                    0 => stream(purpose),
                    later => stream(purpose).child(later as u64),
                };
                self.input(framework, step, &stream, batch)
            })
            .collect()
    }

    /// What the generator's evaluation `step` (from 0) is made of.
    fn input(
        &self,
        framework: &Framework,
        step: usize,
        stream: &impl Fn(&'static str) -> RandomStream,
        batch: Option<&Batch>,
    ) -> Result<GeneratorInput> {
        let shape = |item: &[usize]| [&[self.batch_size], item].concat();
        let normal = |purpose, item: &[usize]| {
            stream(purpose).normal(shape(item).as_slice(), DType::F32, &self.device)
        };
        let data = self.network.data_shape();
        let noise = self.network.noise_shape();
        Ok(GeneratorInput {
            source: match framework.source {
                SourceEnd::Noise => normal("distill noise", &data)?,
                end => sources(batch, end, if step == 0 { 0 } else { step + 1 })?,
            },
            latent: framework.latent(
                &stream("distill start latent"),
                &shape(&data),
                &self.device,
            )?,
            noise: noise.map(|item| normal("distill generator noise", &item)).transpose()?,
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

/// The batch's source ends, coupled as the teacher's data were: halves of pairs beside their items,
/// independent ones beside the items `places` further on, so that an item meets another one in each
/// step of the generator, and another in its branch.
fn sources(batch: Option<&Batch>, end: SourceEnd, places: usize) -> Result<Tensor> {
    let Some(source) = batch.and_then(|batch| batch.source.as_ref()) else {
        return Err(Error::Mismatch {
            what: "data of the distillation",
            expected: "a source beside each example, as the teacher had".into(),
            found: "examples without".into(),
            advice: "give data.uri a source, such as `digits?source=blur`".into(),
        });
    };
    match end {
        SourceEnd::Independent => Ok(source.roll(places as i32, 0)?),
        SourceEnd::Noise | SourceEnd::Paired => Ok(source.clone()),
    }
}
