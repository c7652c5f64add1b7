use realuid_ops::{linear, silu, sinusoidal_embedding};

use super::operation::Operation;
use crate::cost::Cost;

/// Sinusoidal features of a time.
const FEATURES: usize = 128;
/// Width of the embedding of a time.
const EMBEDDING: usize = 512;

pub fn operations(batch: usize) -> Vec<Operation> {
    vec![
        map("linear-256x256-256", 256, 256, 256),
        map("linear-8x512-256", 8, 512, 256),
        time_embedding(batch),
    ]
}

fn map(name: &'static str, rows: usize, inputs: usize, outputs: usize) -> Operation {
    let cost = Cost::flops((2 * rows * inputs * outputs) as f64);
    let shapes: [&[&[usize]]; 2] = [&[&[rows, inputs]], &[&[outputs, inputs], &[outputs]]];
    Operation::new(name, shapes, cost, |_, x, parameters| {
        let [weight, bias] = parameters else { unreachable!("two parameters") };
        Ok(linear(&x[0], weight, Some(bias))?)
    })
}

/// Features of times, then two linear maps; in f32, as in the network.
fn time_embedding(batch: usize) -> Operation {
    let parameters: [&[usize]; 5] =
        [&[batch], &[EMBEDDING, FEATURES], &[EMBEDDING], &[EMBEDDING, EMBEDDING], &[EMBEDDING]];
    Operation::new("time-embedding", [&[], &parameters], Cost::default(), |tape, _, inputs| {
        let [t, weight1, bias1, weight2, bias2] = inputs else { unreachable!("five inputs") };
        let hidden = silu(&linear(
            &tape.input(&sinusoidal_embedding(t, FEATURES)?)?,
            weight1,
            Some(bias1),
        )?)?;
        Ok(linear(&hidden, weight2, Some(bias2))?)
    })
    .of_data()
}
