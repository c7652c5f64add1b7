use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use candle_core::{Device, Tensor};
use realuid_ops::{Adam, AdamConfig, Ema, Gradients, Parameters, StepConfig};

use crate::findings::Findings;
use crate::place::Place;

/// Sums of squares are in f64 on both sides.
const NORM: f64 = 1e-12;
/// Steps, the first without clipping.
const MAX_NORMS: [Option<f64>; 3] = [None, Some(1e6), Some(2.0)];

/// Compares norms of gradients, and what steps of Adam make of parameters, moments and averages, on
/// `device` with those of the processor: steps have the same bits.
pub fn compare(device: &Device, findings: &mut Findings) {
    match steps(device) {
        Ok(norm) => findings.compared("optimizer/steps", norm, NORM),
        Err(error) => findings.failed("optimizer/steps", &error),
    }
}

/// How far norms are apart at most, relatively.
fn steps(device: &Device) -> Result<f64> {
    let (mut here, mut there) = (State::new(&Device::Cpu)?, State::new(device)?);
    let mut worst = 0.0_f64;
    for (step, max_norm) in MAX_NORMS.into_iter().enumerate() {
        let (expected, found) = (here.step(step, max_norm)?, there.step(step, max_norm)?);
        worst = worst.max((found - expected).abs() / expected);
        let same = here.values()? == there.values()?;
        ensure!(same, "step {step}: expected the processor's bits, found others");
    }
    Ok(worst)
}

/// Everything that a training step changes.
struct State {
    place: Place,
    parameters: Parameters,
    adam: Adam,
    ema: Ema,
}

/// Lengths whose ends fall within and on the ends of chunks, and many short ones.
fn lengths() -> impl Iterator<Item = usize> {
    [4096, 3 * 4096, 211 * 97, 8191].into_iter().chain((0..300).map(|i| 1 + i % 7))
}

impl State {
    fn new(device: &Device) -> Result<Self> {
        let place = Place::exact(device);
        let parameters = Parameters::from_tensors(&tensors(&place, "check start")?)?;
        let config = AdamConfig { beta1: 0.9, beta2: 0.99, eps: 1e-8 };
        Ok(Self {
            adam: Adam::new(&parameters, config)?,
            ema: Ema::new(&parameters, &[0.9, 0.999])?,
            place,
            parameters,
        })
    }

    /// A step along drawn gradients; their norm.
    fn step(&mut self, step: usize, max_norm: Option<f64>) -> Result<f64> {
        let wanted = tensors(&self.place, &format!("check gradient {step}"))?;
        let products = self.parameters.iter().map(|(name, parameter)| -> Result<Tensor> {
            Ok((parameter.as_tensor() * &wanted[name])?.sum_all()?)
        });
        let loss = products.reduce(|a, b| Ok((a? + b?)?)).context("there are parameters")??;
        let gradients = Gradients::of(&loss, &self.parameters)?;
        let config = StepConfig { learning_rate: 0.03, max_norm };
        Ok(self.adam.step(&self.parameters, &gradients, config, Some(&mut self.ema))?)
    }

    /// Parameters, moments and averages, one after the other.
    fn values(&self) -> Result<Vec<f32>> {
        let averages = self.ema.averages().iter().map(|(_, average)| average.tensors());
        let mut all = Vec::new();
        for tensors in [self.parameters.tensors(), self.adam.state()].into_iter().chain(averages) {
            let tensors: Vec<_> = tensors.values().collect();
            all.extend(Tensor::cat(&tensors, 0)?.to_vec1::<f32>()?);
        }
        Ok(all)
    }
}

/// A tensor of each length; drawn at once on the processor, since devices differ in last bits.
fn tensors(place: &Place, purpose: &str) -> Result<BTreeMap<String, Tensor>> {
    let cpu = Place { device: Device::Cpu, ..place.clone() };
    let all = cpu.normal(purpose, &[lengths().sum()])?;
    let mut start = 0;
    let mut part = |(index, length): (usize, usize)| -> Result<(String, Tensor)> {
        start += length;
        let values = all.narrow(0, start - length, length)?.to_device(&place.device)?;
        Ok((format!("p{index}"), values))
    };
    lengths().enumerate().map(&mut part).collect()
}
