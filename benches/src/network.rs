use anyhow::Result;
use candle_core::Device;
use clap::ValueEnum;
use realuid_models::{AdmUnetConfig, NetworkConfig};
use realuid_ops::{Parameters, RandomStream};

use crate::cost::Cost;

/// A network that whole steps are measured with; peers have the same under the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Network {
    /// The ADM UNet as published for CIFAR-10: 35,746,307 parameters
    Published,
    /// One of the same parts, small enough for rehearsals
    Tiny,
}

impl Network {
    /// Its configuration.
    ///
    /// Published: `UNetModelWrapper(dim=(3, 32, 32), num_res_blocks=2, num_channels=128,
    /// channel_mult=[1, 2, 2, 2], num_heads=4, num_head_channels=64, attention_resolutions="16")`.
    pub fn config(self) -> NetworkConfig {
        NetworkConfig::AdmUnet(match self {
            Self::Published => AdmUnetConfig {
                channel_mult: Some(vec![1.0, 2.0, 2.0, 2.0]),
                num_heads: 4,
                num_head_channels: 64,
                ..AdmUnetConfig::new([3, 32, 32], 128, 2)
            },
            Self::Tiny => AdmUnetConfig {
                channel_mult: Some(vec![1.0, 2.0]),
                num_heads: 4,
                num_head_channels: 16,
                attention_resolutions: "8".into(),
                ..AdmUnetConfig::new([3, 16, 16], 32, 1)
            },
        })
    }

    /// Of `passes` forward passes for one image, or of what costs as much.
    pub fn cost(self, passes: f64) -> Cost {
        match self {
            // Of one, counted with PyTorch's FlopCounterMode.
            Self::Published => Cost::flops(12.444e9 * passes),
            Self::Tiny => Cost::default(),
        }
    }
}

/// Fresh values of `network`.
pub fn parameters(network: &NetworkConfig, device: &Device) -> Result<Parameters> {
    Ok(network.initialise(&RandomStream::new(0, "benchmark weights", 0), device)?)
}
