//! The workloads of `cargo xtask gpu`: what a training run on a GPU consists of, and what the GPU can do.

mod limit;
mod step;

use crate::network::Network;
use crate::workload::Workload;

/// Whole steps of `network` on `batch` images, after what the GPU can do at best.
pub fn workloads(network: Network, batch: usize) -> Vec<Box<dyn Workload>> {
    let mut all = limit::workloads(network);
    all.extend(step::workloads(network, batch));
    all
}
