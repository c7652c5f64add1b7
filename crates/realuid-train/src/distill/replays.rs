use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use realuid_ops::{Graph, overwrite};

use super::{Distillation, Draw, Player};
use crate::Result;
use crate::job::Turn;

/// Turns on a GPU, recorded as CUDA graphs: a turn costs one launch instead of thousands.
///
/// The first turn of each kind rehearses, the second one is recorded, and later ones repeat that with
/// their own draws. They are the same updates as without. A kind that cannot be recorded goes on without,
/// and its turn has a note that says why.
pub struct Replays {
    device: Device,
    kinds: BTreeMap<Kind, Stage>,
}

/// What a graph is the same for: whose turn, and the sizes of everything that is drawn.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    player: Player,
    shapes: Vec<Vec<usize>>,
}

enum Stage {
    /// It has been done once; it reports so many quantities that are on the GPU.
    Rehearsed(usize),
    Recorded(Box<Replay>),
    Refused,
}

/// A recorded turn.
struct Replay {
    graph: Graph,
    /// What it reads.
    draws: Vec<Draw>,
    /// What it reports, `[names]` of F64.
    values: Tensor,
    names: Vec<&'static str>,
}

impl Replays {
    /// None so far, of turns on the GPU `device`.
    pub fn new(device: &Device) -> Self {
        Self { device: device.clone(), kinds: BTreeMap::new() }
    }

    /// [`Distillation::turn`].
    pub fn turn(
        &mut self,
        distillation: &mut Distillation,
        player: Player,
        draws: &[Draw],
    ) -> Result<Turn> {
        let shapes = draws.iter().flat_map(Draw::tensors).map(|x| x.dims().to_vec()).collect();
        let kind = Kind { player, shapes };
        let recorded = match self.kinds.get(&kind) {
            Some(Stage::Recorded(replay)) => return replay.turn(distillation, player, draws),
            Some(Stage::Refused) => return distillation.turn(player, draws),
            Some(Stage::Rehearsed(count)) => {
                Replay::record(&self.device, distillation, (player, draws), *count)
            }
            None => {
                let turn = Graph::rehearse(&self.device, || distillation.turn(player, draws))?;
                let count = turn.left_on_device();
                self.kinds.insert(kind, Stage::Rehearsed(count));
                return Ok(turn);
            }
        };
        match recorded {
            Ok(replay) => {
                let turn = replay.turn(distillation, player, draws);
                self.kinds.insert(kind, Stage::Recorded(Box::new(replay)));
                turn
            }
            Err(error) => {
                self.kinds.insert(kind, Stage::Refused);
                let note = format!(
                    "the {} turn goes on without a CUDA graph, for it could not be recorded: {error}",
                    distillation.learner(player).kind()
                );
                Ok(Turn { note: Some(note), ..distillation.turn(player, draws)? })
            }
        }
    }
}

impl Replay {
    /// The turn of `player`, which reports `count` quantities; nothing of it is done.
    fn record(
        device: &Device,
        distillation: &mut Distillation,
        (player, draws): (Player, &[Draw]),
        count: usize,
    ) -> Result<Self> {
        let draws: Vec<Draw> = draws.iter().map(Draw::copied).collect::<Result<_>>()?;
        let values = Tensor::zeros(count, DType::F64, device)?;
        let mut names = Vec::new();
        // What only a recorded turn does is rehearsed here.
        let zero = Tensor::zeros((), DType::F64, device)?;
        Graph::rehearse(device, || overwrite(&values, &Tensor::stack(&vec![&zero; count], 0)?))?;
        distillation.learner(player).prepare()?;
        let graph: Result<Graph> = Graph::record(device, || {
            let reported = distillation.enqueue(player, &draws)?;
            let numbers: Vec<&Tensor> = reported.iter().map(|(_, number)| number).collect();
            overwrite(&values, &Tensor::stack(&numbers, 0)?)?;
            names = reported.iter().map(|(name, _)| *name).collect();
            Ok(())
        });
        distillation.learner(player).withdraw();
        Ok(Self { graph: graph?, draws, values, names })
    }

    fn turn(
        &self,
        distillation: &mut Distillation,
        player: Player,
        draws: &[Draw],
    ) -> Result<Turn> {
        let learner = distillation.learner(player);
        for (own, given) in self.draws.iter().zip(draws) {
            for (own, given) in own.tensors().zip(given.tensors()) {
                overwrite(own, given)?;
            }
        }
        let rate = learner.prepare()?;
        self.graph.launch()?;
        let value = |(i, name): (usize, &&'static str)| Ok((*name, self.values.get(i)?));
        let values = self.names.iter().enumerate().map(value).collect::<Result<_>>()?;
        Ok(learner.turn(rate, values))
    }
}
