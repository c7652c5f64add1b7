use std::ops::Range;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use realuid_models::{Condition, Guided, Network, NetworkConfig};
use realuid_ops::{Parameters, RandomStream};
use realuid_paths::GaussianPath;

use super::solve::Flow;
use super::{GeneratorInput, ModelCard, OneStep, Role, locate};
use crate::conditioning::source_condition;
use crate::config::SolverConfig;
use crate::framework::Framework;
use crate::{Error, Result, weights};

/// A network ready to draw samples: no gradient of its parameters is ever computed.
pub struct Model {
    card: ModelCard,
    network: Box<dyn Network>,
    framework: Framework,
    gaussian: Option<Box<dyn GaussianPath>>,
    /// Native time at which a teacher's samples begin.
    start: f64,
}

/// Which samples to draw. Sample i depends on `stream`, i and the model alone, not on how many are
/// drawn or in what batches (with adaptive steps within the tolerance, since a batch shares them).
pub struct SampleRequest<'a> {
    /// Names the noise.
    pub stream: RandomStream,
    /// How many.
    pub count: usize,
    /// How many at once.
    pub batch_size: usize,
    /// How a teacher's equation is solved; a generator does not look at it.
    pub solver: &'a SolverConfig,
    /// Source ends to make the samples of, `[N, ...]` with N as large as the count; given where the
    /// model's source end is [not noise](crate::framework::SourceEnd).
    pub sources: Option<Tensor>,
    /// Scale of classifier-free guidance of a teacher; `None` for the teacher as it is.
    pub guidance: Option<f64>,
    /// The class of every sample; without it the classes take turns. Unconditional models have none.
    pub class: Option<u32>,
}

/// Samples and what they cost.
pub struct Samples {
    /// `[N, ...]` in the data's scale.
    pub data: Tensor,
    /// Evaluations of the network for each sample; with adaptive steps the most in any batch.
    pub evaluations: usize,
}

impl Model {
    /// The network of `config` with the values of `parameters` as they are at each call.
    pub fn new(card: ModelCard, config: &NetworkConfig, parameters: &Parameters) -> Result<Self> {
        let network = config.build_frozen(parameters)?;
        let framework = Framework::new(&card.path, card.source)?;
        let gaussian = if framework.has_latent() { None } else { Some(card.path.gaussian()?) };
        let start = card.path.start()?;
        Ok(Self { card, network, framework, gaussian, start })
    }

    /// Reads the model meant by `path` (see [`locate`]) with the weights called `weights`, or the
    /// card's own choice.
    pub fn load(path: &Path, weights: Option<&str>, device: &Device) -> Result<Self> {
        let folder = locate(path)?.folder;
        let card = ModelCard::load(&folder)?;
        let config = weights::load_config(&folder)?;
        let parameters =
            weights::load_parameters(&folder, weights.unwrap_or(&card.weights), &config, device)?;
        Self::new(card, &config, &parameters)
    }

    /// How the network is used.
    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// The network's configuration.
    pub fn config(&self) -> NetworkConfig {
        self.network.config()
    }

    /// Draws the samples.
    pub fn sample(&self, request: &SampleRequest, device: &Device) -> Result<Samples> {
        let classes = self.classes(request)?;
        let (mut parts, mut evaluations) = (Vec::new(), 0);
        let mut start = 0;
        while start < request.count {
            let end = (start + request.batch_size.max(1)).min(request.count);
            let streams: Vec<_> = (start..end).map(|i| request.stream.child(i as u64)).collect();
            let classes =
                classes.as_ref().map(|c| Tensor::new(&c[start..end], device)).transpose()?;
            let input = self.input(request, start..end, &streams, device)?;
            let part = self.draw(request, &streams, &input, classes)?;
            evaluations = evaluations.max(part.evaluations);
            parts.push(part.data);
            start = end;
        }
        Ok(Samples { data: Tensor::cat(&parts, 0)?, evaluations })
    }

    /// What samples are made of, one from each stream; they are those in `range` of the request.
    fn input(
        &self,
        request: &SampleRequest,
        range: Range<usize>,
        streams: &[RandomStream],
        device: &Device,
    ) -> Result<GeneratorInput> {
        let shape = self.config().data_shape();
        let besides = |shape: &[usize], purpose| {
            let streams: Vec<_> = streams.iter().map(|s| s.child(purpose)).collect();
            noise(&streams, shape, device)
        };
        let source = if self.framework.source.is_noise() {
            noise(streams, &shape, device)?
        } else {
            request.sources()?.narrow(0, range.start, range.len())?.to_device(device)?
        };
        let latent = self.framework.has_latent().then(|| besides(&shape, LATENT)).transpose()?;
        let noise = self.config().noise_shape().map(|shape| besides(&shape, NOISE)).transpose()?;
        Ok(GeneratorInput { source, latent, noise })
    }

    /// One sample from each stream.
    fn draw(
        &self,
        request: &SampleRequest,
        streams: &[RandomStream],
        input: &GeneratorInput,
        classes: Option<Tensor>,
    ) -> Result<Samples> {
        match self.card.role {
            Role::Generator { initial_time } => {
                let one_step = OneStep { framework: &self.framework, initial_time };
                let data = one_step.generate(self.network.as_ref(), input, classes.as_ref())?;
                Ok(Samples { data, evaluations: 1 })
            }
            Role::Teacher => self.solve(request, streams, input, classes),
        }
    }

    /// One sample of a teacher from each stream.
    fn solve(
        &self,
        request: &SampleRequest,
        streams: &[RandomStream],
        input: &GeneratorInput,
        classes: Option<Tensor>,
    ) -> Result<Samples> {
        let source = source_condition(&self.config(), &input.source);
        let condition = Condition { classes, source, noise: None, dropout: None };
        self.refuse_other_noise(request.solver)?;
        let guided = request.guidance.map(|scale| Guided::new(self.network.as_ref(), scale));
        let guided = guided.transpose()?;
        let network =
            guided.as_ref().map_or(self.network.as_ref(), |guided| guided as &dyn Network);
        let field = |x: &Tensor, t: &Tensor| {
            network.forward(x, t, &condition).map_err(realuid_paths::Error::field)
        };
        let flow = Flow {
            path: self.framework.path.as_ref(),
            gaussian: self.gaussian.as_deref(),
            field: &field,
            prediction: self.framework.prediction,
            start: self.start,
        };
        let mut fresh = |step: usize, like: &Tensor| {
            // The first children are the streams of the input.
            let purpose = FIRST_STEP + step as u64;
            let streams: Vec<_> = streams.iter().map(|s| s.child(purpose)).collect();
            let noise = noise(&streams, &like.dims()[1..], like.device());
            noise.map_err(realuid_paths::Error::field)
        };
        let x = self.framework.start(input, self.start)?;
        let end = flow.solve(request.solver, &x, &mut fresh)?;
        Ok(Samples { data: end.x, evaluations: end.evaluations })
    }

    /// A solver that draws normal noise continues a source that is normal noise, and no other.
    fn refuse_other_noise(&self, solver: &SolverConfig) -> Result<()> {
        if self.framework.source.is_noise() || self.framework.has_latent() || !solver.draws_noise()
        {
            return Ok(());
        }
        Err(Error::Mismatch {
            what: "solver of the model",
            expected: "one that draws no noise, for the model's source is not noise".into(),
            found: solver.name.text(),
            advice: "use a solver of the velocity, such as --solver heun".into(),
        })
    }

    fn classes(&self, request: &SampleRequest) -> Result<Option<Vec<u32>>> {
        let count = request.count as u32;
        match (self.network.config().num_classes(), request.class) {
            (None, None) => Ok(None),
            (Some(classes), None) => Ok(Some((0..count).map(|i| i % classes as u32).collect())),
            (Some(classes), Some(class)) if (class as usize) < classes => {
                Ok(Some(vec![class; request.count]))
            }
            (known, Some(class)) => Err(Error::Mismatch {
                what: "class of the samples",
                expected: known.map_or("none".into(), |n| format!("one of 0 to {}", n - 1)),
                found: class.to_string(),
                advice: "leave --class out, or use a model that was trained with it".into(),
            }),
        }
    }
}

impl SampleRequest<'_> {
    fn sources(&self) -> Result<&Tensor> {
        let found = match &self.sources {
            Some(sources) if sources.dim(0)? >= self.count => return Ok(sources),
            Some(sources) => format!("{} source ends", sources.dim(0)?),
            None => "none".into(),
        };
        Err(Error::Mismatch {
            what: "source ends to make samples of",
            expected: format!("one for each of {} samples", self.count),
            found,
            advice: "name pairs with --data, such as `digits?source=blur`".into(),
        })
    }
}

/// Streams of a sample besides that of its source end.
const LATENT: u64 = 1;
const NOISE: u64 = 2;
const FIRST_STEP: u64 = 3;

/// Standard normal noise, an item of `shape` from each stream.
fn noise(streams: &[RandomStream], shape: &[usize], device: &Device) -> Result<Tensor> {
    let noise: Vec<Tensor> = streams
        .iter()
        .map(|stream| stream.normal(shape, DType::F32, device))
        .collect::<std::result::Result<_, _>>()?;
    Ok(Tensor::stack(&noise, 0)?)
}
