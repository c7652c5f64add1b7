//! A short distillation on a device and on the processor, with the same random values.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use candle_core::{Device, Tensor};
use realuid_models::NetworkConfig;
use realuid_ops::Parameters;
use realuid_train::distill::{Distillation, Draw, Player, Replays, Report};

use crate::check::distance;
use crate::digits;
use crate::distillation::{Round, Start};
use crate::findings::Findings;
use crate::network::{Network, parameters};
use crate::place::Place;

/// Rounds, of two turns of the fake model and one of the generator.
const ROUNDS: usize = 3;
const FAKE_TURNS: usize = 2;

/// What may be off, relative to the norm: f32 sums in another order, a few steps further on.
const LOSSES: f64 = 1e-3;
const SAMPLES: f64 = 1e-3;
/// Adam makes whole steps of gradients that are nothing but rounding, as those of a bias before a norm
/// are: few numbers among the rest.
const CHANGE: f64 = 5e-2;

/// Distils a perceptron and a small UNet on `device` and on the processor, and compares losses, how the
/// generator's weights have changed, and samples.
pub fn run(device: &Device) -> Findings {
    let mut findings = Findings::default();
    for (name, network, batch) in
        [("mlp", digits::config(), 64), ("adm-unet", Network::Tiny.config(), 4)]
    {
        let run = Run { network, batch };
        let outcomes = [&Device::Cpu, device].map(|device| run.outcome(device));
        if let Err(error) = compare(name, outcomes, &mut findings) {
            findings.failed(&format!("distil/{name}/f32"), &error);
        }
    }
    findings
}

fn compare(name: &str, outcomes: [Result<Outcome>; 2], findings: &mut Findings) -> Result<()> {
    let [expected, found] = outcomes;
    let (expected, found) = (expected.context("on the processor")?, found?);
    for (what, found, expected, allowed) in [
        ("losses", &found.losses, &expected.losses, LOSSES),
        ("change of weights", &found.change, &expected.change, CHANGE),
        ("samples", &found.samples, &expected.samples, SAMPLES),
    ] {
        let what = what.replace(' ', "-");
        findings.compared(
            &format!("distil/{name}/f32/{what}"),
            distance(found, expected)?,
            allowed,
        );
    }
    Ok(())
}

struct Run {
    network: NetworkConfig,
    batch: usize,
}

/// What a distillation came to.
struct Outcome {
    /// Of all turns, in their order.
    losses: Tensor,
    /// Of all weights of the generator.
    change: Tensor,
    /// Of the generator at the end.
    samples: Tensor,
}

impl Run {
    fn outcome(&self, device: &Device) -> Result<Outcome> {
        let place = Place::exact(device);
        place.variant.precision.enter();
        let round =
            Round { network: self.network.clone(), batch: self.batch, fake_turns: FAKE_TURNS };
        let teacher = self.weights("check teacher", &place)?;
        let start = Start { fake: self.weights("check fake", &place)?, teacher };
        let before = all(start.teacher.tensors())?;
        let mut distillation = round.distillation(start, &place)?;
        let draw = round.draw(&place)?;
        let losses = losses(&mut distillation, &draw)?;
        let generator = distillation.generator.frozen();
        Ok(Outcome {
            losses: Tensor::new(losses, &Device::Cpu)?,
            change: (all(distillation.generator.parameters().tensors())? - before)?,
            samples: distillation.setting.generate(generator, &draw)?,
        })
    }

    /// Fresh weights of which none is zero, as some are where training starts.
    fn weights(&self, purpose: &str, place: &Place) -> Result<Parameters> {
        let fresh = parameters(&self.network, &place.device)?.tensors();
        let moved = fresh.into_iter().map(|(name, tensor)| -> Result<_> {
            let noise = place.normal(&format!("{purpose} {name}"), tensor.dims())?;
            Ok((name, (tensor + noise * 0.02)?))
        });
        Ok(Parameters::from_tensors(&moved.collect::<Result<BTreeMap<_, _>>>()?)?)
    }
}

/// Of all turns, which a GPU repeats from CUDA graphs once it has recorded them.
fn losses(distillation: &mut Distillation, draw: &Draw) -> Result<Vec<f64>> {
    let device = distillation.generator.parameters().device();
    let mut replays = device.is_cuda().then(|| Replays::new(&device));
    let draws = std::slice::from_ref(draw);
    let mut turn = |player| -> Result<f64> {
        let turn = match &mut replays {
            Some(replays) => replays.turn(distillation, player, draws)?,
            None => distillation.turn(player, draws)?,
        };
        if let Some(note) = &turn.note {
            bail!("{note}");
        }
        turn.read("loss")?.context("a turn reports its loss")
    };
    let mut losses = Vec::new();
    for _ in 0..ROUNDS {
        for _ in 0..FAKE_TURNS {
            losses.push(turn(Player::Fake(Report::Loss))?);
        }
        losses.push(turn(Player::Generator)?);
    }
    Ok(losses)
}

/// All values, one tensor after the other, on the processor.
fn all(tensors: BTreeMap<String, Tensor>) -> Result<Tensor> {
    let flat = tensors.into_values().map(|tensor| -> Result<Tensor> {
        Ok(tensor.detach().flatten_all()?.to_device(&Device::Cpu)?.copy()?)
    });
    Ok(Tensor::cat(&flat.collect::<Result<Vec<_>>>()?, 0)?)
}
