use std::path::PathBuf;

use candle_core::Device;
use clap::{Args, ValueEnum};

use crate::config::{SolverConfig, SolverName};
use crate::model::Model;

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
    /// Solver of a teacher's equation (a generator needs one evaluation and no solver)
    #[arg(long, value_enum, default_value_t = Solver::Euler)]
    pub solver: Solver,
    /// Steps of a teacher's solver
    #[arg(long, default_value_t = 100)]
    pub steps: usize,
}

/// The solvers by name.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Solver {
    Euler,
    Heun,
    Midpoint,
}

impl ModelArguments {
    pub fn load(&self) -> crate::Result<Model> {
        Model::load(&self.model, self.weights.as_deref(), &Device::Cpu)
    }

    pub fn solver(&self) -> SolverConfig {
        let name = match self.solver {
            Solver::Euler => SolverName::Euler,
            Solver::Heun => SolverName::Heun,
            Solver::Midpoint => SolverName::Midpoint,
        };
        SolverConfig { name, steps: self.steps }
    }
}
