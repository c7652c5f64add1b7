use realuid_ops::{HeadOrder, self_attention};

use super::operation::Operation;
use crate::cost::Cost;

const HEADS: usize = 4;
const TOKENS: usize = 256;
const WIDTH: usize = 64;

/// From the projection to queries, keys and values: taking it apart belongs to the work.
pub fn operations(batch: usize) -> Vec<Operation> {
    let projection = [batch, TOKENS, 3 * HEADS * WIDTH];
    // Scores, then the weighted mean of the values.
    let cost = Cost::flops((2 * 2 * batch * HEADS * TOKENS * TOKENS * WIDTH) as f64);
    vec![Operation::new("attention-4x64-256", [&[&projection], &[]], cost, |_, x, _| {
        Ok(self_attention(&x[0], HEADS, HeadOrder::HeadsFirst)?)
    })]
}
