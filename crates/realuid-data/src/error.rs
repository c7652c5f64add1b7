use std::path::{Path, PathBuf};

/// The underlying cause, as the library that found it reports it.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong between a data set's address and a batch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An address that no data set answers to, or one with a parameter that makes no sense.
    #[error("data set `{uri}`: {problem}; expected {expected}")]
    Uri {
        /// The address as given.
        uri: String,
        /// What is wrong with it.
        problem: String,
        /// What would be right.
        expected: String,
    },
    /// A function was given a value it cannot work with.
    #[error("{operation}: expected {expected}, found {found}")]
    Argument {
        /// The operation.
        operation: &'static str,
        /// What it takes.
        expected: String,
        /// What it was given.
        found: String,
    },
    /// A file or folder could not be read.
    #[error("reading {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The bytes are not what the format says they must be.
    #[error("{place}: expected {expected}, found {found}")]
    Format {
        /// The file, and the place in it.
        place: String,
        /// What the format asks for.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A decoder refused the bytes.
    #[error("decoding {place}: {source}")]
    Decode {
        /// The file, and the place in it.
        place: String,
        /// The decoder's answer.
        source: Cause,
    },
    /// An example differs from the others in shape, or in having a class.
    #[error("example {index}: expected {expected} as in the first example, found {found}")]
    Uneven {
        /// Index of the example in its data set.
        index: usize,
        /// What the first example has.
        expected: String,
        /// What this one has.
        found: String,
    },
    /// A loader's thread panicked, so its batches will not come.
    #[error("batch {batch}: the thread that decoded it panicked; the panic's own message says why")]
    WorkerLost {
        /// Index of the batch that cannot be delivered.
        batch: u64,
    },
    /// The operating system gave no thread to decode on.
    #[error("starting a loader's thread: {source}; ask for fewer workers")]
    Thread {
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A random stream could not be evaluated.
    #[error(transparent)]
    Random(#[from] realuid_ops::Error),
    /// candle refused.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Turns the operating system's answer about `path` into an error.
    pub(crate) fn read(path: &Path) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::Read { path: path.into(), source }
    }

    /// The bytes of `path` are not as they must be.
    pub(crate) fn format(
        path: &Path,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let place = path.display().to_string();
        Self::Format { place, expected: expected.into(), found: found.into() }
    }
}
