use candle_core::Tensor;
use realuid_ops::{GroupNorm, group_norm_silu};

use super::BATCH;
use super::operation::Operation;
use crate::cost::Cost;

pub fn operations() -> Vec<Operation> {
    vec![norm_silu("group-norm-silu-128@32", 128, 32), norm_silu("group-norm-silu-256@16", 256, 16)]
}

/// The norm of the network: 32 groups.
pub fn norm(weight: &Tensor, bias: &Tensor) -> GroupNorm {
    GroupNorm { weight: weight.clone(), bias: bias.clone(), groups: 32, eps: 1e-5 }
}

fn norm_silu(name: &'static str, channels: usize, size: usize) -> Operation {
    let shape = [BATCH, size, size, channels];
    let bytes = 2 * size_of::<f32>() * shape.iter().product::<usize>();
    let shapes: [&[usize]; 3] = [&shape, &[channels], &[channels]];
    Operation::new(name, &shapes, Cost::bytes(bytes as f64), |tape, inputs| {
        let [x, weight, bias] = inputs else { unreachable!("three inputs") };
        Ok(group_norm_silu(&tape.input(x)?, &norm(weight, bias), None)?)
    })
}
