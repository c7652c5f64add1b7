use std::path::Path;

use candle_core::{DType, Device, Tensor};
use realuid_models::{Condition, Network, NetworkConfig};
use realuid_ops::{Parameters, RandomStream};
use realuid_paths::{
    Euler, Heun, Interpolant, Midpoint, Prediction, Sampler, integrate, uniform_grid,
};

use super::{ModelCard, OneStep, Role, locate};
use crate::config::{SolverConfig, SolverName};
use crate::{Error, Result, weights};

/// A network ready to draw samples: no gradient of its parameters is ever computed.
pub struct Model {
    card: ModelCard,
    network: Box<dyn Network>,
    interpolant: Box<dyn Interpolant>,
    prediction: Prediction,
}

/// Which samples to draw. Sample i depends on `stream`, i and the model alone, not on how many are
/// drawn or in what batches.
pub struct SampleRequest<'a> {
    /// Names the noise.
    pub stream: RandomStream,
    /// How many.
    pub count: usize,
    /// How many at once.
    pub batch_size: usize,
    /// How a teacher's equation is solved; a generator does not look at it.
    pub solver: &'a SolverConfig,
    /// The class of every sample; without it the classes take turns. Unconditional models have none.
    pub class: Option<u32>,
}

/// Samples and what they cost.
pub struct Samples {
    /// `[N, ...]` in the data's scale.
    pub data: Tensor,
    /// Evaluations of the network for each sample.
    pub evaluations: usize,
}

impl Model {
    /// The network of `config` with the values of `parameters` as they are at each call.
    pub fn new(card: ModelCard, config: &NetworkConfig, parameters: &Parameters) -> Result<Self> {
        let network = config.build_frozen(parameters)?;
        let interpolant = card.path.interpolant()?;
        let prediction = card.path.prediction()?;
        Ok(Self { card, network, interpolant, prediction })
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
            let noise = self.noise(&request.stream, start..end, device)?;
            let classes =
                classes.as_ref().map(|c| Tensor::new(&c[start..end], device)).transpose()?;
            let condition = Condition { classes, ..Condition::none() };
            let part = self.draw(&noise, &condition, request.solver)?;
            evaluations = part.evaluations;
            parts.push(part.data);
            start = end;
        }
        Ok(Samples { data: Tensor::cat(&parts, 0)?, evaluations })
    }

    fn draw(
        &self,
        noise: &Tensor,
        condition: &Condition,
        solver: &SolverConfig,
    ) -> Result<Samples> {
        match self.card.role {
            Role::Generator { initial_time } => {
                let (interpolant, prediction) = (self.interpolant.as_ref(), self.prediction);
                let one_step = OneStep { interpolant, prediction, initial_time };
                let data = one_step.generate(self.network.as_ref(), noise, condition)?;
                Ok(Samples { data, evaluations: 1 })
            }
            Role::Teacher => {
                let velocity = |x: &Tensor, t: &Tensor| {
                    let value = self
                        .network
                        .forward(x, t, condition)
                        .map_err(realuid_paths::Error::field)?;
                    self.interpolant.convert(&value, self.prediction, Prediction::Velocity, x, t)
                };
                let (start, end) = (self.card.path.start()?, self.interpolant.times().data);
                let grid = uniform_grid(start, end, solver.steps)?;
                let solution = integrate(solver.sampler(), &velocity, noise, &grid)?;
                Ok(Samples { data: solution.x, evaluations: solution.evaluations })
            }
        }
    }

    fn noise(
        &self,
        stream: &RandomStream,
        samples: std::ops::Range<usize>,
        device: &Device,
    ) -> Result<Tensor> {
        let shape = self.network.config().data_shape();
        let noise: Vec<Tensor> = samples
            .map(|i| stream.child(i as u64).normal(shape.as_slice(), DType::F32, device))
            .collect::<std::result::Result<_, _>>()?;
        Ok(Tensor::stack(&noise, 0)?)
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

impl SolverConfig {
    fn sampler(&self) -> &'static dyn Sampler {
        match self.name {
            SolverName::Euler => &Euler,
            SolverName::Heun => &Heun,
            SolverName::Midpoint => &Midpoint,
        }
    }
}
