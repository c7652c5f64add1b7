//! Everything of realuid-ops that computes on a GPU, against the same on the processor.

mod comparison;
mod small;
mod state;
mod streams;

use candle_core::Device;

pub use comparison::distance;

use crate::findings::Findings;
use crate::operations;

/// Compares every operation, streams and the state of an optimiser on `device` with those of the
/// processor; with `published_sizes` also the operations at the sizes of the CIFAR-10 network.
pub fn run(device: &Device, published_sizes: bool) -> Findings {
    let mut findings = Findings::default();
    for operation in small::operations() {
        comparison::compare(&operation, device, &mut findings);
    }
    if published_sizes {
        for operation in operations::all(operations::CPU_BATCH) {
            comparison::compare(&operation, device, &mut findings);
        }
    }
    streams::compare(device, &mut findings);
    state::compare(device, &mut findings);
    findings
}
