/// What can go wrong in a tensor operation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument has another shape, dtype or value than the operation takes.
    #[error("{operation}: expected {expected}, found {found}")]
    Argument {
        /// The operation.
        operation: &'static str,
        /// What it takes.
        expected: String,
        /// What it was given.
        found: String,
    },
    /// Named tensors do not match the parameters they should fill.
    #[error("{operation}: {problems}")]
    Parameters {
        /// What was being done.
        operation: &'static str,
        /// Every missing, unexpected or misshapen name.
        problems: String,
    },
    /// A number that decides how to go on is infinite or not a number; nothing has been changed.
    #[error("{operation}: expected a finite {quantity}, found {value}; nothing was changed")]
    NotFinite {
        /// The operation.
        operation: &'static str,
        /// What is not finite.
        quantity: &'static str,
        /// Its value.
        value: f64,
    },
    /// candle refused.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// An [`Error::Argument`].
pub(crate) fn argument(
    operation: &'static str,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> Error {
    Error::Argument { operation, expected: expected.into(), found: found.into() }
}
