/// What can go wrong on a path, in a conversion or in a sampler.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument has another shape or value than the operation takes.
    #[error("{operation}: expected {expected}, found {found}")]
    Argument {
        /// What was being done.
        operation: &'static str,
        /// What it takes, and what to do about it.
        expected: String,
        /// What it was given.
        found: String,
    },
    /// One prediction does not determine the other, on this path or at this time.
    #[error("converting {from} to {to}: {reason}")]
    Conversion {
        /// The prediction given.
        from: crate::Prediction,
        /// The prediction asked for.
        to: crate::Prediction,
        /// Why it is not determined, and what to do instead.
        reason: String,
    },
    /// An adaptive sampler cannot meet its tolerances.
    #[error(
        "integrating with adaptive steps: at the time {time} the tolerances ask for a step of {step}, \
         below the smallest allowed, {minimum}; loosen the tolerances, end before a time at which the \
         field is singular, or look for values that are not finite"
    )]
    StepTooSmall {
        /// Native time reached.
        time: f64,
        /// Length of the step that would have to be tried.
        step: f64,
        /// Length of the shortest step allowed.
        minimum: f64,
    },
    /// A [`Field`](crate::Field) written elsewhere failed.
    #[error("evaluating the field: {0}")]
    Field(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An operation of `realuid-ops` failed.
    #[error(transparent)]
    Ops(#[from] realuid_ops::Error),
    /// candle refused.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// Wraps the error of a network or any other foreign field.
    pub fn field(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Field(error.into())
    }

    pub(crate) fn argument(
        operation: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Argument { operation, expected: expected.into(), found: found.into() }
    }
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
