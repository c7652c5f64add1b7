/// What can go wrong in an objective.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A coefficient is outside its range.
    #[error("making an objective: expected {expected}, found {name} = {found}")]
    Coefficient {
        /// The coefficient.
        name: &'static str,
        /// Its range.
        expected: &'static str,
        /// What was given.
        found: f64,
    },
    /// A name that nothing has.
    #[error("reading a {what}: expected one of {known}, found {found:?}")]
    Name {
        /// What was being named.
        what: &'static str,
        /// The names there are.
        known: String,
        /// What was given.
        found: String,
    },
    /// The weight of an item is infinite.
    #[error(
        "weighting by {name}: expected a finite weight, found {found} for item {item}; draw times \
         that keep away from the path's data end, or take another weighting"
    )]
    Weight {
        /// The weighting.
        name: &'static str,
        /// The first item concerned.
        item: usize,
        /// Its weight.
        found: f64,
    },
    /// Tensors do not fit together.
    #[error("{operation}: expected {expected}, found {found}")]
    Shape {
        /// What was being computed.
        operation: &'static str,
        /// What it takes.
        expected: String,
        /// What it was given.
        found: String,
    },
    /// The objective compares with real data and was given none.
    #[error(
        "fake-model loss with alpha = {alpha}, beta = {beta}, gamma = {gamma}: expected a branch \
         of real data, found none; pass `Branches::real`, or use `RealUid::uid()`, which needs no data"
    )]
    MissingReal {
        /// Share of the generated branch.
        alpha: f64,
        /// Weight of the generated target.
        beta: f64,
        /// Weight of the teacher on the generated branch.
        gamma: f64,
    },
    /// The objective compares with the teacher and was not given its prediction.
    #[error(
        "{operation} with alpha = {alpha}, gamma = {gamma}: expected the teacher's prediction in \
         every branch, found none; only the fake model's step with gamma = alpha can do without"
    )]
    MissingTeacher {
        /// What was being computed.
        operation: &'static str,
        /// Share of the generated branch.
        alpha: f64,
        /// Weight of the teacher on the generated branch.
        gamma: f64,
    },
    /// The path does not say what was asked of it.
    #[error(transparent)]
    Path(#[from] realuid_paths::Error),
    /// An operation of `realuid-ops` failed.
    #[error(transparent)]
    Ops(#[from] realuid_ops::Error),
    /// candle refused.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// The coefficient `name`, if it is finite and positive.
pub(crate) fn positive(name: &'static str, expected: &'static str, value: f64) -> Result<f64> {
    if value > 0.0 && value.is_finite() {
        return Ok(value);
    }
    Err(Error::Coefficient { name, expected, found: value })
}
