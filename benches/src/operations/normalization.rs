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
    let shape = [BATCH, channels, size, size];
    let bytes = 2 * size_of::<f32>() * shape.iter().product::<usize>();
    Operation::new(name, &[&shape, &[channels], &[channels]], Cost::bytes(bytes as f64), |inputs| {
        let [x, weight, bias] = inputs else { unreachable!("three inputs") };
        Ok(group_norm_silu(x, &norm(weight, bias))?)
    })
}
