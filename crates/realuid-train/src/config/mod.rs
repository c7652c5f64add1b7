//! What a run is made of, read from TOML.
//!
//! Every field has its meaning and unit in its documentation; a key that is not listed here is an
//! error. [`load`] reads a file and applies `--set` overrides; the resolved configuration is
//! written into the run folder, and a run is a function of it alone.

mod compute;
mod data;
mod determines;
mod distill;
mod heads;
mod load;
mod loss_form;
mod objective;
mod optimizer;
mod output;
mod path;
mod path_name;
mod path_times;
mod recipe;
mod resolve;
mod solver;
mod start;
mod teacher;
mod time;
mod weight;

pub use compute::{ComputeConfig, PrecisionName};
pub use data::DataConfig;
pub(crate) use determines::check_determines;
pub use distill::{AdversarialConfig, DistillConfig, FakeStart, GeneratorConfig};
pub use load::{load, parse, to_toml};
pub use loss_form::LossForm;
pub use objective::ObjectiveConfig;
pub use optimizer::{Decay, EmaConfig, OptimizerConfig, ScheduleConfig};
pub use output::{
    CheckpointsConfig, EvaluationConfig, LogConfig, Metric, OutputConfig, SamplesConfig,
};
pub use path::PathConfig;
pub use path_name::PathName;
pub use recipe::Recipe;
pub use solver::{ChurnConfig, SolverConfig, SolverName};
pub use teacher::TeacherConfig;
pub use time::TimeConfig;
pub use weight::WeightConfig;
