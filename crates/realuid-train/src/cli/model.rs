use std::path::PathBuf;

use candle_core::Device;
use clap::Args;

use super::device::DeviceArguments;
use crate::config::{ChurnConfig, PrecisionName, SolverConfig, SolverName};
use crate::model::{GeneratorTimes, Model, ModelCard, Role};

/// Which model, and how it is sampled.
#[derive(Debug, Args)]
pub(super) struct ModelArguments {
    /// The model: a run (its best checkpoint), a checkpoint or a model folder
    #[arg(long, value_name = "PATH")]
    pub model: PathBuf,
    /// Weights to use, such as `model` or `ema-0.999`; the model's own choice if not given
    #[arg(long, value_name = "NAME")]
    pub weights: Option<String>,
    /// Seed of the noise: sample i depends on it and on i alone
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Samples drawn at once
    #[arg(long, default_value_t = 256)]
    pub batch_size: usize,
    /// Scale of classifier-free guidance of a teacher that was trained for it; none if not given
    #[arg(long, value_name = "SCALE")]
    pub guidance: Option<f64>,
    /// Steps of a teacher's solver [default: 100; dopri5 chooses its own], or of a generator: the first
    /// of the times that it was trained for [default: all]
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// Other times at which a generator evaluates its network, such as `0,0.5` on the linear path:
    /// native times, from the source towards the data
    #[arg(long, value_name = "TIME,..", value_delimiter = ',', conflicts_with = "steps")]
    times: Option<Vec<f64>>,
    #[command(flatten)]
    solver: SolverArguments,
    #[command(flatten)]
    device: DeviceArguments,
    /// What the network computes in; other than f32 on a GPU
    #[arg(long, value_name = "NAME", value_enum, default_value_t)]
    precision: PrecisionName,
}

/// How a teacher is sampled (a generator needs no solver).
#[derive(Debug, Args)]
pub(super) struct SolverArguments {
    /// Solver of a teacher
    #[arg(long = "solver", value_name = "NAME", value_enum, default_value_t = SolverName::Auto)]
    name: SolverName,
    /// Share of fresh noise in ddim: 0 none, 1 ancestral sampling
    #[arg(long)]
    eta: Option<f64>,
    /// Error allowed in a step of dopri5, absolute and relative [default: 1e-5]
    #[arg(long)]
    tolerance: Option<f64>,
    /// Noise of euler-maruyama, as a multiple of the path's own [default: 1]
    #[arg(long)]
    noise_scale: Option<f64>,
    /// Noise that edm adds and removes again, `S_churn`; none if not given
    #[arg(long, value_name = "AMOUNT")]
    churn: Option<f64>,
    /// Lowest noise level with churn
    #[arg(long, value_name = "LEVEL", default_value_t = 0.0, requires = "churn")]
    churn_low: f64,
    /// Highest noise level with churn
    #[arg(long, value_name = "LEVEL", default_value_t = f64::INFINITY, requires = "churn")]
    churn_high: f64,
    /// Standard deviation of the noise that churn adds
    #[arg(long, value_name = "STD", default_value_t = 1.0, requires = "churn")]
    churn_noise: f64,
}

impl ModelArguments {
    /// Where the model computes.
    pub fn device(&self) -> crate::Result<Device> {
        self.device.open()
    }

    pub fn load(&self, device: &Device) -> crate::Result<Model> {
        let execution = self.precision.begin(device)?;
        Model::load(&self.model, self.weights.as_deref(), execution, device)
    }

    /// How the model is solved, if it is a teacher.
    pub fn solver(&self) -> SolverConfig {
        let default = SolverConfig::default();
        SolverConfig { steps: self.steps.unwrap_or(default.steps), ..self.solver.config() }
    }

    /// When the model that `card` describes evaluates its network, if it is a generator.
    pub fn times(&self, card: &ModelCard) -> GeneratorTimes {
        match (&self.times, self.steps, &card.role) {
            (Some(times), _, _) => GeneratorTimes::At(times.clone()),
            (None, Some(steps), Role::Generator { .. }) => GeneratorTimes::First(steps),
            (None, _, _) => GeneratorTimes::All,
        }
    }
}

impl SolverArguments {
    fn config(&self) -> SolverConfig {
        let churn = self.churn.map(|amount| ChurnConfig {
            amount,
            low: self.churn_low,
            high: self.churn_high,
            noise: self.churn_noise,
        });
        let Self { name, eta, tolerance, noise_scale, .. } = *self;
        SolverConfig { name, eta, tolerance, noise_scale, churn, ..SolverConfig::default() }
    }
}
