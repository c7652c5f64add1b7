use anyhow::Result;
use candle_core::{D, Device, Tensor};
use realuid_ops::{linear, silu};

use super::BATCH;
use super::operation::Operation;
use crate::cost::Cost;

/// Sinusoidal features of a time.
const FEATURES: usize = 128;
/// Width of the embedding of a time.
const EMBEDDING: usize = 512;

pub fn operations() -> Vec<Operation> {
    vec![
        map("linear-256x256-256", 256, 256, 256),
        map("linear-8x512-256", 8, 512, 256),
        time_embedding(),
    ]
}

fn map(name: &'static str, rows: usize, inputs: usize, outputs: usize) -> Operation {
    let cost = Cost::flops((2 * rows * inputs * outputs) as f64);
    let shapes: [&[usize]; 3] = [&[rows, inputs], &[outputs, inputs], &[outputs]];
    Operation::new(name, &shapes, cost, |tape, inputs| {
        let [x, weight, bias] = inputs else { unreachable!("three inputs") };
        Ok(linear(&tape.input(x)?, weight, Some(bias))?)
    })
}

/// Features of times, then two linear maps.
fn time_embedding() -> Operation {
    let shapes: [&[usize]; 5] =
        [&[BATCH], &[EMBEDDING, FEATURES], &[EMBEDDING], &[EMBEDDING, EMBEDDING], &[EMBEDDING]];
    Operation::new("time-embedding", &shapes, Cost::default(), |tape, inputs| {
        let [t, weight1, bias1, weight2, bias2] = inputs else { unreachable!("five inputs") };
        let hidden = silu(&linear(&tape.input(&features(t)?)?, weight1, Some(bias1))?)?;
        Ok(linear(&hidden, weight2, Some(bias2))?)
    })
    .of_data()
}

/// Cosines and sines of `t` `[B]` at frequencies from 1 down to 1/10000 -> [B, FEATURES].
fn features(t: &Tensor) -> Result<Tensor> {
    let half = FEATURES / 2;
    let frequency = |i| (-(1e4_f32.ln()) * i as f32 / half as f32).exp();
    let frequencies: Vec<f32> = (0..half).map(frequency).collect();
    let angles = t.unsqueeze(1)?.broadcast_mul(&Tensor::new(frequencies, &Device::Cpu)?)?;
    Ok(Tensor::cat(&[angles.cos()?, angles.sin()?], D::Minus1)?)
}
