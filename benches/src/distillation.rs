//! A round of RealUID: several turns of the fake model, then one of the generator.

use anyhow::{Result, bail};
use realuid_loss::RealUid;
use realuid_models::NetworkConfig;
use realuid_ops::{Ema, Parameters};
use realuid_train::config::OptimizerConfig;
use realuid_train::distill::{Distillation, Draw, Player, Replays, Report, Setting};
use realuid_train::framework::Framework;
use realuid_train::learner::{Learner, LearnerConfig};
use realuid_train::model::GeneratorInput;

use crate::cost::Cost;
use crate::network::{Network, parameters};
use crate::place::Place;
use crate::unet;
use crate::workload::{Execution, Workload};

pub fn workloads() -> Vec<Box<dyn Workload>> {
    vec![Box::new(UnetRound)]
}

/// The CIFAR-10 network, 5 turns against 1, batch 4.
struct UnetRound;

impl Workload for UnetRound {
    fn name(&self) -> String {
        "distill/unet-round-4".into()
    }

    fn cost(&self) -> Cost {
        Cost::default()
    }

    fn measures_memory(&self) -> bool {
        true
    }

    fn prepare(&self, place: &Place) -> Result<Execution> {
        Round { network: Network::Published.config(), batch: 4, fake_turns: 5 }.prepare(place)
    }
}

/// Sizes of a round.
pub struct Round {
    /// Of teacher, fake model and generator.
    pub network: NetworkConfig,
    /// Examples in each branch.
    pub batch: usize,
    /// Turns of the fake model for one of the generator.
    pub fake_turns: usize,
}

/// The weights that the players start from.
pub struct Start {
    /// Of the teacher and the generator.
    pub teacher: Parameters,
    /// Of the fake model.
    pub fake: Parameters,
}

impl Round {
    /// Executes a round; all networks start from the same values.
    pub fn prepare(self, place: &Place) -> Result<Execution> {
        let start = parameters(&self.network, &place.device)?;
        let start = Start { fake: start.fork()?, teacher: start };
        let mut distillation = self.distillation(start, place)?;
        let mut replays = place.variant.graphs.then(|| Replays::new(&place.device));
        let draws = [self.draw(place)?];
        let mut turn = move |player| -> Result<()> {
            let turn = match &mut replays {
                Some(replays) => replays.turn(&mut distillation, player, &draws)?,
                None => distillation.turn(player, &draws)?,
            };
            turn.note.map_or(Ok(()), |note| bail!(note))
        };
        Ok(Box::new(move || {
            for _ in 0..self.fake_turns {
                turn(Player::Fake(Report::GradientAlone))?;
            }
            turn(Player::Generator)
        }))
    }

    /// The players, before their first turns.
    pub fn distillation(&self, start: Start, place: &Place) -> Result<Distillation> {
        let (Start { teacher, fake }, execution) = (start, place.execution());
        let generator = self.learner("generator", teacher.fork()?, execution)?;
        Ok(Distillation {
            setting: Setting {
                teacher: self.network.executed(execution).build_frozen(&teacher)?,
                guidance: None,
                framework: Framework::flow_matching(),
                times: vec![0.0],
                aim: RealUid::new(0.94, 0.96)?.into(),
            },
            adversary: None,
            fake: self.learner("fake", fake, execution)?,
            ema: Ema::new(generator.parameters(), &[0.999, 0.9996, 0.9999])?,
            generator,
        })
    }

    fn learner(
        &self,
        kind: &'static str,
        parameters: Parameters,
        execution: realuid_models::Execution,
    ) -> Result<Learner> {
        let optimizer =
            OptimizerConfig { learning_rate: 3e-5, betas: [0.0, 0.999], ..unet::optimizer() };
        let config = LearnerConfig {
            kind,
            file: kind,
            network: &self.network,
            execution,
            optimizer: &optimizer,
            total_updates: u64::MAX,
        };
        Ok(Learner::new(&config, parameters)?)
    }

    /// The same in every turn: drawing is not measured.
    pub fn draw(&self, place: &Place) -> Result<Draw> {
        let shape = [&[self.batch], self.network.data_shape().as_slice()].concat();
        Ok(Draw {
            inputs: vec![GeneratorInput {
                source: place.normal("benchmark noise", &shape)?,
                latent: None,
                noise: None,
            }],
            source: place.normal("benchmark source", &shape)?,
            latent: None,
            t: place.times(self.batch)?,
            critic_t: None,
            data: Some(place.normal("benchmark data", &shape)?),
            classes: None,
        })
    }
}
