use std::sync::Arc;

use crate::dataset::check_index;
use crate::{Coupling, Dataset, Error, Result, Sample};

/// A labelled data set with some classes held back, for a teacher that is not to know them.
///
/// The other examples keep their order and their classes, and `class_count` still counts all
/// classes, so that networks for the part and for the whole are the same.
pub struct WithoutClasses {
    dataset: Arc<dyn Dataset>,
    kept: Vec<usize>,
}

impl WithoutClasses {
    /// Holds back the examples whose class is one of `classes`.
    ///
    /// Looks at the class of every example once. Errors: data without classes, a class that there
    /// is not, no examples left.
    pub fn new(dataset: Arc<dyn Dataset>, classes: &[u32]) -> Result<Self> {
        let Some(count) = dataset.class_count() else {
            return Err(wrong("data with classes", "data without"));
        };
        if let Some(class) = classes.iter().find(|class| **class >= count) {
            return Err(wrong(format!("classes from 0 to {}", count - 1), class.to_string()));
        }
        let mut kept = Vec::new();
        for index in 0..dataset.len() {
            if dataset.class_of(index)?.is_none_or(|class| !classes.contains(&class)) {
                kept.push(index);
            }
        }
        if kept.is_empty() {
            return Err(wrong("some examples to be left", "all held back"));
        }
        Ok(Self { dataset, kept })
    }
}

impl Dataset for WithoutClasses {
    fn len(&self) -> usize {
        self.kept.len()
    }

    fn get(&self, index: usize) -> Result<Sample> {
        check_index(index, self.len())?;
        self.dataset.get(self.kept[index])
    }

    fn class_of(&self, index: usize) -> Result<Option<u32>> {
        check_index(index, self.len())?;
        self.dataset.class_of(self.kept[index])
    }

    fn class_count(&self) -> Option<u32> {
        self.dataset.class_count()
    }

    fn coupling(&self) -> Option<Coupling> {
        self.dataset.coupling()
    }
}

fn wrong(expected: impl Into<String>, found: impl Into<String>) -> Error {
    let operation = "holding back classes";
    Error::Argument { operation, expected: expected.into(), found: found.into() }
}
