use std::path::PathBuf;

/// What can go wrong while a network is described, filled, run or stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A configuration that describes no network.
    #[error("network configuration, `{field}`: expected {expected}, found {found}")]
    Config {
        /// The field to change.
        field: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// An argument of a forward pass has another shape or type than the network takes.
    #[error("{operation}: expected {expected}, found {found}")]
    Argument {
        /// What was being done.
        operation: &'static str,
        /// What it takes.
        expected: String,
        /// What it was given.
        found: String,
    },
    /// Named tensors are not those of the network.
    #[error(
        "filling the network with parameters: {count} do not fit (is the configuration that of \
         these parameters?):\n{list}"
    )]
    Parameters {
        /// Number of tensors that do not fit.
        count: usize,
        /// One line for each missing, unexpected or misshapen tensor.
        list: String,
    },
    /// A file could not be written, or does not hold what it should.
    #[error("{doing} {path}: {problem}")]
    File {
        /// What was being done: reading, writing.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed, and what to do.
        problem: String,
    },
    /// An operation of `realuid-ops` refused.
    #[error(transparent)]
    Operation(#[from] realuid_ops::Error),
    /// candle refused.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A discriminator was asked of a network without the head that makes it one.
    pub(crate) fn no_head() -> Self {
        Self::Config {
            field: "adversarial_head",
            expected: "true, to build a discriminator".into(),
            found: "false".into(),
        }
    }
}
