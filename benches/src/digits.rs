//! The small perceptron of configs/digits.toml, where overhead counts more than arithmetic.

use anyhow::Result;
use realuid_models::{MlpConfig, NetworkConfig};

use crate::cost::Cost;
use crate::distillation::Round;
use crate::place::Place;
use crate::unet;
use crate::workload::{Execution, Workload};

pub fn workloads() -> Vec<Box<dyn Workload>> {
    vec![Box::new(Digits::Forward), Box::new(Digits::Training), Box::new(Digits::Round)]
}

/// What is done with the network, at the batch sizes of the recipe.
enum Digits {
    Forward,
    Training,
    /// 2 turns of the fake model, 1 of the generator.
    Round,
}

impl Workload for Digits {
    fn name(&self) -> String {
        match self {
            Self::Forward => "digits/forward-256",
            Self::Training => "digits/train-256",
            Self::Round => "digits/round-128",
        }
        .into()
    }

    fn cost(&self) -> Cost {
        Cost::default()
    }

    fn prepare(&self, place: &Place) -> Result<Execution> {
        let network = config();
        match self {
            Self::Forward => unet::prediction(&network, 256, place),
            Self::Training => unet::training(&network, 256, place),
            Self::Round => Round { network, batch: 128, fake_turns: 2 }.prepare(place),
        }
    }
}

/// The perceptron of the recipe.
pub fn config() -> NetworkConfig {
    NetworkConfig::Mlp(MlpConfig::new([1, 8, 8], 256, 3))
}
