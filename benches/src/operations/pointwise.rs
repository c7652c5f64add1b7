use anyhow::Result;
use realuid_ops::{Value, silu, softmax};

use super::operation::Operation;
use crate::cost::Cost;

pub fn operations(batch: usize) -> Vec<Operation> {
    vec![
        of_one("silu-128@32", &[batch, 32, 32, 128], |x| Ok(silu(x)?)),
        of_one("softmax-8192x256", &[8192, 256], |x| Ok(softmax(x)?)),
    ]
}

/// A function that keeps the shape of its one input.
fn of_one(name: &'static str, shape: &[usize], function: fn(&Value) -> Result<Value>) -> Operation {
    let bytes = 2 * size_of::<f32>() * shape.iter().product::<usize>();
    Operation::new(name, [&[shape], &[]], Cost::bytes(bytes as f64), move |_, x, _| function(&x[0]))
}
