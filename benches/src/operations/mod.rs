//! Single operations at the sizes of the CIFAR-10 network, batch 8: one file for each family.

mod attention;
mod block;
mod convolution;
mod linear;
mod normalization;
mod operation;
mod pointwise;

use crate::workload::Workload;
use operation::{Operation, Pass};

/// Images in a batch.
const BATCH: usize = 8;

/// Both passes of every operation.
pub fn workloads() -> Vec<Box<dyn Workload>> {
    let families = [
        convolution::operations(),
        normalization::operations(),
        attention::operations(),
        linear::operations(),
        pointwise::operations(),
        block::operations(),
    ];
    let both =
        |operation: Operation| [Pass::Forward, Pass::Training].map(|pass| operation.workload(pass));
    families.into_iter().flatten().flat_map(both).collect()
}
