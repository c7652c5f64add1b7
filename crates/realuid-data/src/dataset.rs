use crate::{Error, Result};

/// A finite, indexed collection of examples of one shape.
///
/// `get` must be a pure function of `index`: loaders call it from several threads, in any order,
/// and again after a resume.
pub trait Dataset: Send + Sync {
    /// Number of examples.
    fn len(&self) -> usize;

    /// Example `index`, decoded. An error if `index >= len` or the example cannot be decoded.
    fn get(&self, index: usize) -> Result<Sample>;

    /// Whether there are no examples.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of classes when the examples are labelled `0..class_count`, `None` when they have
    /// no classes.
    fn class_count(&self) -> Option<u32> {
        None
    }

    /// Class of example `index`, `None` without classes; as `get` says it, but without decoding
    /// where a set can do without. An error as for `get`.
    fn class_of(&self, index: usize) -> Result<Option<u32>> {
        Ok(self.get(index)?.class)
    }

    /// How the source of an example belongs to its data, `None` for examples without a source.
    fn coupling(&self) -> Option<Coupling> {
        None
    }

    /// Shape of one example, taken from the first. An error if the set is empty.
    fn shape(&self) -> Result<Vec<usize>> {
        Ok(self.get(0)?.shape)
    }
}

/// How the two ends of a pair belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coupling {
    /// The source was made from the data, or measured with it: it says something about them, and a
    /// bridge from it can be expected to lead back.
    Paired,
    /// Data and source were drawn without regard to each other: only their two distributions are
    /// given, and which source goes with which data carries no information.
    Independent,
}

/// One example.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// `[C, H, W]` for images, `[D]` for vectors.
    pub shape: Vec<usize>,
    /// The values, last axis fastest. Pixels lie in [-1, 1].
    pub values: Vec<f32>,
    /// The other end of a bridge, if the set has one ([`Dataset::coupling`]): values of the same
    /// shape.
    pub source: Option<Vec<f32>>,
    /// The class, if the set is labelled.
    pub class: Option<u32>,
}

/// Checks that `index` is one of `len` examples.
pub(crate) fn check_index(index: usize, len: usize) -> Result<()> {
    if index < len {
        return Ok(());
    }
    Err(Error::Argument {
        operation: "getting an example",
        expected: format!("an index below {len}, the number of examples"),
        found: index.to_string(),
    })
}
