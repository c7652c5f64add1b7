use std::sync::Arc;

use realuid_ops::RandomStream;

use crate::{Corruption, Coupling, Dataset, Error, Result, Sample};

/// A data set whose examples carry a corrupted version of themselves as their source: pairs for a
/// bridge.
///
/// The source of example i is a pure function of (seed, i, its data), so it is the same in every
/// epoch, run and thread. Classes are those of the data.
pub struct Corrupted {
    dataset: Arc<dyn Dataset>,
    corruption: Box<dyn Corruption>,
    seed: u64,
}

impl Corrupted {
    /// Pairs every example of `dataset` with what `corruption` makes of it; another `seed` gives
    /// other noise, masks and so on.
    ///
    /// Tries the first example, so that a corruption that does not fit is found now. Errors: that,
    /// and a data set that has a source already.
    pub fn new(
        dataset: Arc<dyn Dataset>,
        corruption: impl Corruption + 'static,
        seed: u64,
    ) -> Result<Self> {
        refuse_second_source(dataset.as_ref())?;
        let set = Self { dataset, corruption: Box::new(corruption), seed };
        if !set.is_empty() {
            set.get(0)?;
        }
        Ok(set)
    }
}

impl Dataset for Corrupted {
    fn len(&self) -> usize {
        self.dataset.len()
    }

    fn get(&self, index: usize) -> Result<Sample> {
        let sample = self.dataset.get(index)?;
        let count: usize = sample.shape.iter().product();
        if sample.values.len() != count {
            let expected = format!("{count} values");
            return Err(Error::Uneven { index, expected, found: sample.values.len().to_string() });
        }
        let stream = RandomStream::new(self.seed, "corruption", index as u64);
        let source = self.corruption.apply(&sample.shape, &sample.values, &stream)?;
        Ok(Sample { source: Some(source), ..sample })
    }

    fn class_of(&self, index: usize) -> Result<Option<u32>> {
        self.dataset.class_of(index)
    }

    fn class_count(&self) -> Option<u32> {
        self.dataset.class_count()
    }

    fn coupling(&self) -> Option<Coupling> {
        Some(Coupling::Paired)
    }
}

/// Refuses data that come with a source.
pub(crate) fn refuse_second_source(dataset: &dyn Dataset) -> Result<()> {
    if dataset.coupling().is_none() {
        return Ok(());
    }
    Err(Error::Argument {
        operation: "giving a data set a source",
        expected: "data without one".into(),
        found: "data that have a source already".into(),
    })
}
