use anyhow::Result;
use candle_core::DType;
use realuid_models::Condition;
use realuid_ops::RandomStream;

use crate::cost::Cost;
use crate::distillation::Round;
use crate::network::{Network, parameters};
use crate::place::Place;
use crate::precision::Precision;
use crate::unet;
use crate::variant::Variant;
use crate::workload::{Execution, Workload};

/// What a network does in training and after it.
pub fn workloads(network: Network, batch: usize) -> Vec<Box<dyn Workload>> {
    let step = |what| -> Box<dyn Workload> { Box::new(Step { what, network, batch }) };
    vec![step(What::Forward), step(What::Training), step(What::Round), step(What::Sampling)]
}

/// One of them.
struct Step {
    what: What,
    network: Network,
    batch: usize,
}

#[derive(Clone, Copy)]
enum What {
    /// A forward pass that nobody differentiates.
    Forward,
    /// A training step: matching loss, gradients, clipping, Adam, one average.
    Training,
    /// An iteration of RealUID: 5 turns of the fake model, 1 of the generator, three averages.
    Round,
    /// One-step sampling: noise is drawn, and the network's prediction at time 0 is added to it.
    Sampling,
}

/// Turns of the fake model in an iteration.
const FAKE_TURNS: usize = 5;

impl What {
    /// What it costs for one image, in forward passes. A gradient of the input alone costs one, gradients
    /// of everything cost two.
    fn passes(self) -> f64 {
        // The fake model learns on a generated and a real image; on the generator's turn gradients go
        // through fake model and teacher to the generator.
        let fake_turn = 1.0 + 2.0 * unet::TRAINING_PASSES;
        let generator_turn = unet::TRAINING_PASSES + 2.0 * 2.0;
        match self {
            Self::Forward | Self::Sampling => 1.0,
            Self::Training => unet::TRAINING_PASSES,
            Self::Round => FAKE_TURNS as f64 * fake_turn + generator_turn,
        }
    }
}

impl Workload for Step {
    fn name(&self) -> String {
        let what = match self.what {
            What::Forward => "forward",
            What::Training => "train",
            What::Round => "round",
            What::Sampling => "sample",
        };
        format!("gpu/{what}-{}", self.batch)
    }

    fn cost(&self) -> Cost {
        self.network.cost(self.batch as f64 * self.what.passes())
    }

    fn measures_memory(&self) -> bool {
        true
    }

    fn variants(&self) -> &'static [Variant] {
        use Precision::{Bf16, F32, Tf32};
        const STEPS: [Variant; 3] =
            [Variant::launched(F32), Variant::launched(Tf32), Variant::launched(Bf16)];
        const ROUNDS: [Variant; 4] = [
            Variant::launched(Tf32),
            Variant::recorded(Tf32),
            Variant::launched(Bf16),
            Variant::recorded(Bf16),
        ];
        match self.what {
            What::Round => &ROUNDS,
            _ => &STEPS,
        }
    }

    fn prepare(&self, place: &Place) -> Result<Execution> {
        let network = self.network.config();
        match self.what {
            What::Forward => unet::prediction(&network, self.batch, place),
            What::Training => unet::training(&network, self.batch, place),
            What::Round => {
                Round { network, batch: self.batch, fake_turns: FAKE_TURNS }.prepare(place)
            }
            What::Sampling => self.sampling(place),
        }
    }
}

impl Step {
    fn sampling(&self, place: &Place) -> Result<Execution> {
        let network = self.network.config();
        let weights = parameters(&network, &place.device)?;
        let frozen = network.executed(place.execution()).build_frozen(&weights)?;
        let shape = [&[self.batch], network.data_shape().as_slice()].concat();
        let t = place.times(self.batch)?.zeros_like()?;
        let device = place.device.clone();
        let mut drawn = 0;
        Ok(Box::new(move || {
            let stream = RandomStream::new(0, "benchmark samples", drawn);
            drawn += 1;
            let noise = stream.normal(shape.as_slice(), DType::F32, &device)?;
            (&noise + frozen.forward(&noise, &t, &Condition::none())?)?;
            Ok(())
        }))
    }
}
