use realuid_ops::RandomStream;

use crate::batch::{Layout, assemble};
use crate::{Batch, Dataset, Error, Result};

/// `count` different examples chosen at random by `seed`, or all of them if there are no more
/// than `count`: a fixed set to evaluate on.
///
/// The examples come in the order of their indices, unmirrored, as batch 0. Errors: an empty set,
/// `count` of zero, an example that cannot be decoded or differs in shape from the first.
pub fn distinct_examples(dataset: &dyn Dataset, count: usize, seed: u64) -> Result<Batch> {
    if count == 0 {
        return Err(Error::Argument {
            operation: "choosing examples",
            expected: "a count of at least 1".into(),
            found: "0".into(),
        });
    }
    let layout = Layout::of(dataset)?;
    let mut indices: Vec<usize> = (0..dataset.len()).collect();
    if count < dataset.len() {
        indices = RandomStream::new(seed, "distinct examples", 0).permutation(dataset.len());
        indices.truncate(count);
        indices.sort_unstable();
    }
    assemble(dataset, &layout, 0, &indices, &[])
}
