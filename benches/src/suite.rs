use clap::{Args, ValueEnum};

use crate::network::Network;
use crate::workload::Workload;
use crate::{digits, distillation, gpu, machine, operations, optimizer, unet};

/// Which workloads there are, and how large.
#[derive(Clone, Debug, Args)]
pub struct Suite {
    /// The workloads of `cargo xtask bench cpu`, or those of `cargo xtask gpu`
    #[arg(long = "suite", value_enum, default_value_t = Kind::Cpu)]
    kind: Kind,
    /// Images in a batch of the suite for GPUs
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = batch)]
    batch: usize,
    /// The network of the suite for GPUs
    #[arg(long, value_enum, default_value_t = Network::Published)]
    network: Network,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Cpu,
    Gpu,
}

impl Suite {
    /// Every workload, in the order in which they are reported.
    pub fn workloads(&self) -> Vec<Box<dyn Workload>> {
        match self.kind {
            Kind::Cpu => [
                machine::workloads(),
                operations::workloads(operations::CPU_BATCH),
                unet::workloads(),
                distillation::workloads(),
                digits::workloads(),
                optimizer::workloads(),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Kind::Gpu => {
                let mut all = gpu::workloads(self.network, self.batch);
                all.extend(operations::workloads(self.batch));
                all
            }
        }
    }

    /// The ways in which a workload of this suite is run: peers on the CPU have several, ours has one.
    pub fn variants(&self, workload: &dyn Workload) -> Vec<String> {
        match self.kind {
            Kind::Cpu => vec!["default".into()],
            Kind::Gpu => workload.variants().iter().map(ToString::to_string).collect(),
        }
    }
}

fn batch(text: &str) -> Result<usize, String> {
    let batch = text.parse().ok().filter(|batch| *batch > 0);
    batch.ok_or_else(|| format!("expected a positive number of images, found {text}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_single_words_and_occur_once() {
        for kind in [Kind::Cpu, Kind::Gpu] {
            let suite = Suite { kind, batch: 4, network: Network::Tiny };
            let names: Vec<String> = suite.workloads().iter().map(|w| w.name()).collect();
            assert!(
                names.iter().all(|name| name.contains('/') && !name.contains(' ')),
                "{names:?}"
            );
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        }
    }
}
