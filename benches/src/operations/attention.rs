use realuid_ops::attention;

use super::BATCH;
use super::operation::Operation;
use crate::cost::Cost;

const HEADS: usize = 4;
const TOKENS: usize = 256;
const WIDTH: usize = 64;

pub fn operations() -> Vec<Operation> {
    let shape = [BATCH, HEADS, TOKENS, WIDTH];
    // Scores, then the weighted mean of the values.
    let cost = Cost::flops((2 * 2 * BATCH * HEADS * TOKENS * TOKENS * WIDTH) as f64);
    vec![Operation::new("attention-4x64-256", &[&shape, &shape, &shape], cost, |inputs| {
        let [q, k, v] = inputs else { unreachable!("three inputs") };
        Ok(attention(q, k, v, (WIDTH as f64).powf(-0.5))?)
    })]
}
