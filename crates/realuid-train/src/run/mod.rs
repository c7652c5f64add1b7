//! A run folder: what is in it, and how it survives being interrupted at any moment.
//!
//! ```text
//! RUN/config.toml          the resolved configuration
//! RUN/teacher/             distillation only: the teacher's model folder
//! RUN/metrics.jsonl        one record a line
//! RUN/samples/*.png        pictures by step
//! RUN/checkpoints/step-*/  model folders with all that is needed to go on
//! RUN/report.html          curves and pictures in one page
//! ```
//!
//! Nothing in it tells the time, so two runs of one configuration are equal byte for byte, and so
//! is a run that was killed and resumed.

mod checkpoint;
mod folder;
mod metrics_log;
mod state;
mod window;

pub use checkpoint::{checkpoint_folders, load_latest, prune, save, step_folder};
pub use folder::RunFolder;
pub use metrics_log::{MetricsLog, Record, read_records};
pub use state::{Best, RunState};
pub use window::Window;
