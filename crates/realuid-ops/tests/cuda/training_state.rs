//! Everything that a training step changes, on any device.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use realuid_ops::{Adam, AdamConfig, Ema, Gradients, Parameters};

use crate::support::normal;

pub const DECAYS: [f64; 3] = [0.9, 0.5, 0.999];
pub const RATE: f64 = 0.03;

/// Parameters, an optimiser and averages.
pub struct TrainingState {
    pub parameters: Parameters,
    pub adam: Adam,
    pub ema: Ema,
    device: Device,
}

/// Some large tensors, whose ends fall within and on the ends of chunks and packs, and more small
/// ones than fit into one launch that writes their addresses.
fn shapes() -> impl Iterator<Item = (String, usize)> {
    let large = [4096, 3 * 4096, 211 * 97, 8191, 4100];
    let small = (0..600).map(|i| 1 + i % 7);
    large.into_iter().chain(small).enumerate().map(|(i, length)| (format!("p{i}"), length))
}

pub fn tensors(purpose: &str, device: &Device) -> BTreeMap<String, Tensor> {
    // One draw for all: a stream for each of the small ones would only be slower.
    let total = shapes().map(|(_, length)| length).sum();
    let all = normal(purpose, &[total]);
    let mut start = 0;
    let mut part = |length| {
        start += length;
        all.narrow(0, start - length, length).unwrap().to_device(device).unwrap()
    };
    shapes().map(|(name, length)| (name, part(length))).collect()
}

impl TrainingState {
    pub fn new(device: &Device) -> Self {
        let parameters = Parameters::from_tensors(&tensors("start", device)).unwrap();
        let config = AdamConfig { beta1: 0.9, beta2: 0.99, eps: 1e-8 };
        let adam = Adam::new(&parameters, config).unwrap();
        let ema = Ema::new(&parameters, &DECAYS).unwrap();
        Self { parameters, adam, ema, device: device.clone() }
    }

    /// Gradients equal to the tensors called `purpose`, with `spoiled` as the last value of one.
    pub fn gradients(&self, purpose: &str, spoiled: Option<f32>) -> Gradients {
        let mut wanted = tensors(purpose, &self.device);
        if let Some(value) = spoiled {
            let p2 = wanted.get_mut("p2").unwrap();
            let last = Tensor::new(&[value], &self.device).unwrap();
            *p2 = Tensor::cat(&[&p2.narrow(0, 0, 211 * 97 - 1).unwrap(), &last], 0).unwrap();
        }
        let products = self
            .parameters
            .iter()
            .map(|(name, p)| (p.as_tensor() * &wanted[name]).unwrap().sum_all().unwrap());
        let loss = products.reduce(|a, b| (a + b).unwrap()).unwrap();
        Gradients::of(&loss, &self.parameters).unwrap()
    }

    /// Parameters, moments and averages.
    pub fn values(&self) -> Vec<Vec<f32>> {
        let averages = self.ema.averages().iter().map(|(_, average)| average.tensors());
        let all = [self.parameters.tensors(), self.adam.state()].into_iter().chain(averages);
        all.map(|tensors| values(&tensors)).collect()
    }
}

/// All values, one tensor after the other.
pub fn values(tensors: &BTreeMap<String, Tensor>) -> Vec<f32> {
    let tensors: Vec<_> = tensors.values().collect();
    let all = Tensor::cat(&tensors, 0).unwrap().to_device(&Device::Cpu).unwrap();
    all.to_dtype(DType::F32).unwrap().to_vec1().unwrap()
}
