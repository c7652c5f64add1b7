/// What can go wrong when sets of samples are compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument has another shape, size or value than the metric takes.
    #[error("{operation}: {argument} should be {expected}, found {found}; {advice}")]
    Argument {
        /// What was being computed.
        operation: &'static str,
        /// The argument that is wrong.
        argument: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// A feature is NaN or infinite.
    #[error(
        "{operation}: expected finite values in {argument}, found {value} in row {row}, column \
         {column}; check the network and the samples that produced this row, or leave the row out"
    )]
    NotFinite {
        /// What was being computed.
        operation: &'static str,
        /// The argument that holds the value.
        argument: &'static str,
        /// Row of the first such value.
        row: usize,
        /// Column of the first such value.
        column: usize,
        /// The value.
        value: f64,
    },
    /// The arithmetic on finite features left the range or the precision of f64.
    #[error("{operation}: expected {expected}, found {found}; {advice}")]
    Numerical {
        /// What was being computed.
        operation: &'static str,
        /// What had to hold.
        expected: &'static str,
        /// What came out.
        found: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// A random stream could not be drawn from.
    #[error(transparent)]
    Operation(#[from] realuid_ops::Error),
    /// candle refused.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;
