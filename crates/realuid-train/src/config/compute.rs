use candle_core::Device;
use clap::ValueEnum;
use realuid_models::{Execution, Precision};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// `[compute]`: how networks are computed, which changes neither what is trained nor what is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComputeConfig {
    /// What the networks compute in.
    #[serde(default)]
    pub precision: PrecisionName,
    /// Keep the inputs of each block alone for the backward pass, which computes the blocks again: less
    /// memory, more time, the same numbers.
    #[serde(default)]
    pub checkpointing: bool,
    /// On a GPU, repeat the turns of a distillation from CUDA graphs, where they can be recorded: the
    /// same numbers, without the time it takes to launch thousands of operations.
    #[serde(default = "yes")]
    pub graphs: bool,
}

/// What networks compute in; parameters, losses and the optimiser are f32 in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum PrecisionName {
    /// f32
    #[default]
    F32,
    /// f32, with the factors of products and convolutions rounded to 10 bits; on a GPU
    Tf32,
    /// Activations in bf16, summed in f32; on a GPU
    Bf16,
}

impl Default for ComputeConfig {
    fn default() -> Self {
        Self { precision: PrecisionName::default(), checkpointing: false, graphs: true }
    }
}

fn yes() -> bool {
    true
}

impl ComputeConfig {
    /// How networks are executed on `device`; products of the whole process from now on.
    ///
    /// Errors where the device cannot.
    pub fn begin(self, device: &Device) -> Result<Execution> {
        let execution = self.precision.begin(device)?;
        Ok(Execution { checkpointing: self.checkpointing, ..execution })
    }

    /// Whether turns on `device` are recorded as graphs.
    pub fn records_graphs(self, device: &Device) -> bool {
        self.graphs && device.is_cuda()
    }
}

impl PrecisionName {
    /// The name in configurations and on the command line.
    pub fn text(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// How networks are executed in this precision on `device`; TF32 is a matter of the whole process
    /// and begins, or ends, here.
    pub fn begin(self, device: &Device) -> Result<Execution> {
        if self != Self::F32 && !device.is_cuda() {
            let problem = format!(
                "expected f32 on the processor, found {}; give f32, or compute on a GPU (--device cuda)",
                self.text()
            );
            return Err(Error::config("compute.precision", problem));
        }
        realuid_ops::set_tf32(self == Self::Tf32);
        let precision = match self {
            Self::F32 | Self::Tf32 => Precision::Full,
            Self::Bf16 => Precision::Bf16,
        };
        Ok(Execution { precision, ..Execution::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_refuses_what_it_cannot_compute_in() {
        for precision in [PrecisionName::Tf32, PrecisionName::Bf16] {
            let config = ComputeConfig { precision, ..ComputeConfig::default() };
            let error = config.begin(&Device::Cpu).unwrap_err().to_string();
            let found = format!("found {}", precision.text());
            for part in ["compute.precision", "expected f32", &found, "cuda"] {
                assert!(error.contains(part), "{part}: {error}");
            }
        }
        let config = ComputeConfig { checkpointing: true, ..ComputeConfig::default() };
        let execution = Execution { checkpointing: true, ..Execution::default() };
        assert_eq!(config.begin(&Device::Cpu).unwrap(), execution);
        assert!(!config.records_graphs(&Device::Cpu));
    }
}
