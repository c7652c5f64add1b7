use std::path::PathBuf;

/// What can go wrong while fixtures are run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing was run, which must not look like success.
    #[error(
        "looking for fixtures below {root}: expected folders with a fixture.json{filter}, found \
         none; give the folder that holds them"
    )]
    NoFixtures {
        /// The folder searched.
        root: PathBuf,
        /// What their names should contain, as a clause of the sentence.
        filter: String,
    },
    /// A fixture does not hold what its kind needs.
    #[error("malformed fixture: expected {expected}, found {found}")]
    Malformed {
        /// What the kind needs.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A fixture could not be read.
    #[error(transparent)]
    Fixture(#[from] realuid_testkit::Error),
    /// An operation on tensors failed.
    #[error(transparent)]
    Ops(#[from] realuid_ops::Error),
    /// A path or a sampler failed.
    #[error(transparent)]
    Paths(#[from] realuid_paths::Error),
    /// A loss failed.
    #[error(transparent)]
    Loss(#[from] realuid_loss::Error),
    /// A metric failed.
    #[error(transparent)]
    Metrics(#[from] realuid_metrics::Error),
    /// A network failed.
    #[error(transparent)]
    Models(#[from] realuid_models::Error),
    /// Training failed.
    #[error(transparent)]
    Train(#[from] realuid_train::Error),
    /// candle refused.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn malformed(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Malformed { expected: expected.into(), found: found.into() }
    }
}
