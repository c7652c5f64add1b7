use candle_core::Tensor;
use realuid_ops::{GroupNorm, group_norm_silu};

use super::operation::Operation;
use crate::cost::Cost;

pub fn operations(batch: usize) -> Vec<Operation> {
    let norm_silu = |name, channels, size| norm_silu(name, [batch, size, size, channels]);
    vec![norm_silu("group-norm-silu-128@32", 128, 32), norm_silu("group-norm-silu-256@16", 256, 16)]
}

/// The norm of the network: 32 groups.
pub fn norm(weight: &Tensor, bias: &Tensor) -> GroupNorm {
    GroupNorm { weight: weight.clone(), bias: bias.clone(), groups: 32, eps: 1e-5 }
}

fn norm_silu(name: &'static str, shape: [usize; 4]) -> Operation {
    let bytes = 2 * size_of::<f32>() * shape.iter().product::<usize>();
    let channels = [shape[3]];
    let shapes: [&[&[usize]]; 2] = [&[&shape], &[&channels, &channels]];
    Operation::new(name, shapes, Cost::bytes(bytes as f64), |_, x, parameters| {
        let [weight, bias] = parameters else { unreachable!("two parameters") };
        Ok(group_norm_silu(&x[0], &norm(weight, bias), None)?)
    })
}
