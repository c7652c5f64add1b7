use crate::cost::Cost;
use crate::{digits, distillation, machine, operations, optimizer, unet};

/// The work of one execution, its inputs prepared.
pub type Execution = Box<dyn FnMut() -> anyhow::Result<()>>;

/// Something to be measured.
pub trait Workload {
    /// `family/name`; the peers call the same work by the same name.
    fn name(&self) -> String;

    /// What one execution costs.
    fn cost(&self) -> Cost;

    /// Whether its peak memory is of interest.
    fn measures_memory(&self) -> bool {
        false
    }

    /// Makes the inputs; what this does is not measured.
    fn prepare(&self) -> anyhow::Result<Execution>;
}

/// Every workload, in the order in which they are reported.
pub fn all() -> Vec<Box<dyn Workload>> {
    [
        machine::workloads(),
        operations::workloads(),
        unet::workloads(),
        distillation::workloads(),
        digits::workloads(),
        optimizer::workloads(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_single_words_and_occur_once() {
        let names: Vec<String> = all().iter().map(|workload| workload.name()).collect();
        assert!(names.iter().all(|name| name.contains('/') && !name.contains(' ')), "{names:?}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
