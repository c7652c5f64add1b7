//! Training, distillation, sampling and evaluation of matching models, as a library; the `realuid`
//! command is a thin layer over it.
//!
//! A run is a function of its configuration ([`config`]) alone: everything random comes from
//! streams named by (seed, purpose, step), so a run that is stopped at any moment and resumed from
//! its folder ([`run`]) ends with the same bytes as one that never stopped.

pub mod cli;
pub mod commands;
pub mod config;
pub mod distill;
pub mod evaluation;
pub mod job;
pub mod learner;
pub mod model;
pub mod observer;
pub mod picture;
pub mod report;
pub mod run;
pub mod teacher;
pub mod train;
pub mod weights;

mod averages;
mod conditioning;
mod error;
mod files;

pub use error::{Error, Result};
