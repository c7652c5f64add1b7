//! Single operations at the sizes of the CIFAR-10 network, one file for each family.

mod attention;
mod block;
mod convolution;
mod linear;
mod normalization;
mod operation;
mod pointwise;

use crate::workload::Workload;
pub use operation::Operation;
use operation::Pass;

/// Images in a batch on the processor.
pub const CPU_BATCH: usize = 8;

/// Both passes of every operation, on `batch` images.
pub fn workloads(batch: usize) -> Vec<Box<dyn Workload>> {
    let both =
        |operation: Operation| [Pass::Forward, Pass::Training].map(|pass| operation.workload(pass));
    all(batch).into_iter().flat_map(both).collect()
}

/// Every operation, on `batch` images.
pub fn all(batch: usize) -> Vec<Operation> {
    let families = [
        convolution::operations(batch),
        normalization::operations(batch),
        attention::operations(batch),
        linear::operations(batch),
        pointwise::operations(batch),
        block::operations(batch),
    ];
    families.into_iter().flatten().collect()
}
