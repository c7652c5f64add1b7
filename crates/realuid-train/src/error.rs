use std::path::{Path, PathBuf};

/// What can stop training, sampling or evaluation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A configuration file, or a `--set` override, is not what the command takes.
    #[error("configuration {origin}: {problem}")]
    Config {
        /// The file or the override.
        origin: String,
        /// What was expected, what was found, what to do.
        problem: String,
    },
    /// A file could not be read or written.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was being done, such as `writing`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A run folder or a model folder does not hold what was asked for.
    #[error("{path}: expected {expected}, found {found}; {advice}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What it should hold.
        expected: String,
        /// What it holds.
        found: String,
        /// What to do.
        advice: String,
    },
    /// Two parts that are to work together do not fit.
    #[error("{what}: expected {expected}, found {found}; {advice}")]
    Mismatch {
        /// The parts.
        what: &'static str,
        /// What one needs.
        expected: String,
        /// What the other is.
        found: String,
        /// What to do.
        advice: String,
    },
    /// A loss or a gradient stopped being a finite number.
    #[error(
        "step {step}: the {turn} turn gave {quantity} = {value}, which is not finite; nothing was \
         updated. The last good checkpoint is {checkpoint}; if it has diverged already, remove it and \
         the one before is the last. Lower the learning rate or the gradient clip with --set and \
         --resume the run"
    )]
    NotFinite {
        /// The step.
        step: u64,
        /// Whose turn it was.
        turn: &'static str,
        /// `loss` or `gradient norm`.
        quantity: &'static str,
        /// NaN or an infinity.
        value: f64,
        /// Where the last state that was finite lies.
        checkpoint: String,
    },
    /// A picture or a chart could not be made.
    #[error("drawing {what}: {problem}")]
    Drawing {
        /// What was being drawn.
        what: &'static str,
        /// Why it failed.
        problem: String,
    },
    /// An operation on tensors failed.
    #[error(transparent)]
    Ops(#[from] realuid_ops::Error),
    /// A path or a sampler failed.
    #[error(transparent)]
    Paths(#[from] realuid_paths::Error),
    /// A loss failed.
    #[error(transparent)]
    Loss(#[from] realuid_loss::Error),
    /// A network failed.
    #[error(transparent)]
    Models(#[from] realuid_models::Error),
    /// A data set failed.
    #[error(transparent)]
    Data(#[from] realuid_data::Error),
    /// A metric failed.
    #[error(transparent)]
    Metrics(#[from] realuid_metrics::Error),
    /// candle refused.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Wraps an input or output error with what was being done to which file.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// A number that is not finite; the loop knows the step and the checkpoint and puts them in.
    pub(crate) fn not_finite(turn: &'static str, quantity: &'static str, value: f64) -> Self {
        Self::NotFinite { step: 0, turn, quantity, value, checkpoint: String::new() }
    }

    /// A configuration error.
    pub fn config(origin: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Config { origin: origin.into(), problem: problem.into() }
    }
}
