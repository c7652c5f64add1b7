use std::borrow::Cow;
use std::path::Path;

use candle_core::{Device, Tensor};
use realuid_models::{Condition, Execution, Guided, Network, NetworkConfig};
use realuid_ops::{Parameters, RandomStream};
use realuid_paths::GaussianPath;

use super::batch::{FIRST_STEP, LATENT, NOISE, SampleBatch, noise};
use super::solve::Flow;
use super::{
    FewSteps, GeneratorInput, GeneratorTimes, ModelCard, Role, check_generator_times, locate,
};
use crate::conditioning::source_condition;
use crate::config::SolverConfig;
use crate::framework::{Framework, SourceEnd};
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
    /// When a generator evaluates its network; other than all for a teacher is an error.
    pub times: &'a GeneratorTimes,
    /// Source ends to make the samples of, `[N, ...]` with N as large as the count; given where the
    /// model's source end is [not noise](SourceEnd). Independent ones are dealt on in each step of a
    /// generator: sample i takes source i + k (modulo N) in step k, so N is at least their number.
    pub sources: Option<Tensor>,
    /// Scale of classifier-free guidance of a teacher; `None` for the teacher as it is.
    pub guidance: Option<f64>,
    /// The class of every sample; without it the classes take turns. Unconditional models have none.
    pub class: Option<u32>,
}

/// Samples and what they cost.
pub struct Samples {
    /// `[N, ...]` in the data's scale, on the device that made them.
    pub data: Tensor,
    /// Evaluations of the network for each sample; with adaptive steps the most in any batch.
    pub evaluations: usize,
}

impl Model {
    /// The network of `config` with the values of `parameters` as they are at each call, computed as
    /// `execution` says.
    pub fn new(
        card: ModelCard,
        config: &NetworkConfig,
        parameters: &Parameters,
        execution: Execution,
    ) -> Result<Self> {
        let network = config.executed(execution).build_frozen(parameters)?;
        let framework = Framework::new(&card.path, card.source)?;
        let gaussian = if framework.has_latent() { None } else { Some(card.path.gaussian()?) };
        let start = card.path.start()?;
        if let Role::Generator { times } = &card.role {
            check_generator_times(&framework, times, "realuid.json, role.generator.times")?;
        }
        Ok(Self { card, network, framework, gaussian, start })
    }

    /// Reads the model meant by `path` (see [`locate`]) with the weights called `weights`, or the
    /// card's own choice.
    pub fn load(
        path: &Path,
        weights: Option<&str>,
        execution: Execution,
        device: &Device,
    ) -> Result<Self> {
        let folder = locate(path)?.folder;
        let card = ModelCard::load(&folder)?;
        let config = weights::load_config(&folder)?;
        let parameters =
            weights::load_parameters(&folder, weights.unwrap_or(&card.weights), &config, device)?;
        Self::new(card, &config, &parameters, execution)
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
        let times = self.times(request)?;
        let (mut parts, mut evaluations) = (Vec::new(), 0);
        let mut start = 0;
        while start < request.count {
            let end = (start + request.batch_size.max(1)).min(request.count);
            let classes =
                classes.as_ref().map(|c| Tensor::new(&c[start..end], device)).transpose()?;
            let batch = SampleBatch { request, range: start..end, classes, device };
            let part = match &times {
                Some(times) => self.generate(&batch, times)?,
                None => self.solve(&batch)?,
            };
            evaluations = evaluations.max(part.evaluations);
            parts.push(part.data);
            start = end;
        }
        Ok(Samples { data: Tensor::cat(&parts, 0)?, evaluations })
    }

    /// The times of a generator's evaluations; `None` for a teacher.
    fn times<'a>(&'a self, request: &SampleRequest<'a>) -> Result<Option<Cow<'a, [f64]>>> {
        match (&self.card.role, request.times) {
            (Role::Generator { times }, asked) => Ok(Some(asked.of(&self.framework, times)?)),
            (Role::Teacher, GeneratorTimes::All) => Ok(None),
            (Role::Teacher, other) => Err(Error::Mismatch {
                what: "times of a generator",
                expected: "none for a teacher, whose solver makes its own".into(),
                found: format!("{other:?}"),
                advice: "leave --times out; --steps is the number of the solver's steps".into(),
            }),
        }
    }

    /// One sample of a generator for each item of the batch.
    fn generate(&self, batch: &SampleBatch, times: &[f64]) -> Result<Samples> {
        let inputs: Vec<_> =
            (0..times.len()).map(|step| self.input(batch, step)).collect::<Result<_>>()?;
        let few_steps = FewSteps { framework: &self.framework, times };
        let data = few_steps.generate(self.network.as_ref(), &inputs, batch.classes.as_ref())?;
        Ok(Samples { data, evaluations: times.len() })
    }

    /// What the samples of a batch are made of at step `step` of a generator, or at the start.
    fn input(&self, batch: &SampleBatch, step: usize) -> Result<GeneratorInput> {
        let shape = self.config().data_shape();
        // The first step draws from the samples' own streams, each later one from children of them.
        let streams = match step {
            0 => batch.streams(),
            later => batch.children(FIRST_STEP + later as u64 - 1),
        };
        let besides = |shape: &[usize], purpose| {
            let streams: Vec<_> = streams.iter().map(|s| s.child(purpose)).collect();
            noise(&streams, shape, batch.device)
        };
        let source = match self.framework.source {
            SourceEnd::Noise => noise(&streams, &shape, batch.device)?,
            SourceEnd::Paired => batch.sources(0)?,
            SourceEnd::Independent => batch.sources(step)?,
        };
        let latent = self.framework.has_latent().then(|| besides(&shape, LATENT)).transpose()?;
        let noise = self.config().noise_shape().map(|shape| besides(&shape, NOISE)).transpose()?;
        Ok(GeneratorInput { source, latent, noise })
    }

    /// One sample of a teacher for each item of the batch.
    fn solve(&self, batch: &SampleBatch) -> Result<Samples> {
        let (request, input) = (batch.request, self.input(batch, 0)?);
        let source = source_condition(&self.config(), &input.source);
        let classes = batch.classes.clone();
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
            heads: self.framework.heads,
            start: self.start,
        };
        let mut fresh = |step: usize, like: &Tensor| {
            let streams = batch.children(FIRST_STEP + step as u64);
            let noise = noise(&streams, &like.dims()[1..], like.device());
            noise.map_err(realuid_paths::Error::field)
        };
        let x = self.framework.start(&input, self.start)?;
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
