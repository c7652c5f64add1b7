use std::sync::Arc;

use realuid_ops::RandomStream;

use crate::corrupted::refuse_second_source;
use crate::{Coupling, Dataset, Error, Result, Sample};

/// A data set whose examples carry an example of another set, chosen without regard to them, as
/// their source: two distributions with the independent coupling.
///
/// The source of example i is example floor(u M) of the M of the other set, u uniform in [0, 1) and
/// a pure function of (seed, i). Classes are those of the data.
pub struct Unpaired {
    dataset: Arc<dyn Dataset>,
    sources: Arc<dyn Dataset>,
    seed: u64,
}

impl Unpaired {
    /// Draws a source from `sources` for every example of `dataset`.
    ///
    /// Compares the first examples of both. Errors: no sources, sources of another shape, data that
    /// have a source already.
    pub fn new(dataset: Arc<dyn Dataset>, sources: Arc<dyn Dataset>, seed: u64) -> Result<Self> {
        refuse_second_source(dataset.as_ref())?;
        if sources.is_empty() {
            return Err(Error::Argument {
                operation: "giving a data set a source",
                expected: "at least one source to draw from".into(),
                found: "none".into(),
            });
        }
        let set = Self { dataset, sources, seed };
        if !set.is_empty() {
            set.get(0)?;
        }
        Ok(set)
    }
}

impl Dataset for Unpaired {
    fn len(&self) -> usize {
        self.dataset.len()
    }

    fn get(&self, index: usize) -> Result<Sample> {
        let sample = self.dataset.get(index)?;
        let stream = RandomStream::new(self.seed, "unpaired source", index as u64);
        let chosen = (stream.uniform_at(0) * self.sources.len() as f64) as usize;
        let source = self.sources.get(chosen)?;
        if source.shape != sample.shape {
            return Err(Error::Argument {
                operation: "giving a data set a source",
                expected: format!("sources of the data's shape {:?}", sample.shape),
                found: format!("shape {:?}", source.shape),
            });
        }
        Ok(Sample { source: Some(source.values), ..sample })
    }

    fn class_of(&self, index: usize) -> Result<Option<u32>> {
        self.dataset.class_of(index)
    }

    fn class_count(&self) -> Option<u32> {
        self.dataset.class_count()
    }

    fn coupling(&self) -> Option<Coupling> {
        Some(Coupling::Independent)
    }
}
