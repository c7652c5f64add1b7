//! Training, distillation, sampling and evaluation of matching models, as a library; the `realuid`
//! command is a thin layer over it.
//!
//! A run is a function of its configuration ([`config`]) alone: everything random comes from
//! streams named by (seed, purpose, step), so a run that is stopped at any moment and resumed from
//! its folder ([`run`]) ends with the same bytes as one that never stopped.

//!
//! ```
//! use realuid_train::config;
//!
//! let recipe = r#"
//!     [data]
//!     uri = "toy:moons"
//!     [teacher]
//!     network = { architecture = "mlp", data_shape = [2], hidden = 64, blocks = 2 }
//!     optimizer = { learning_rate = 2e-3, warmup = 20 }
//!     train = { steps = 300, batch_size = 128 }
//! "#;
//! let recipe = config::parse(recipe, "example", &["teacher.train.steps=500".into()])?;
//! let teacher = recipe.teacher()?;
//! assert_eq!(teacher.train.steps, 500);
//! // The first update of the warm-up is one twentieth of the learning rate, not zero.
//! assert!((teacher.optimizer.rate(0, teacher.train.steps) - 1e-4).abs() < 1e-12);
//! # Ok::<(), realuid_train::Error>(())
//! ```
//!
//! [`commands`] trains and distils; `examples/distill_in_code.rs` shows the whole way.

pub mod class_shares;
pub mod cli;
pub mod commands;
pub mod config;
pub mod device;
pub mod distill;
pub mod evaluation;
pub mod framework;
pub mod job;
pub mod learner;
pub mod model;
pub mod observer;
pub mod peak_memory;
pub mod picture;
pub mod plan;
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
