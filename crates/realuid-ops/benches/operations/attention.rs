use divan::Bencher;
use divan::counter::ItemsCount;
use realuid_ops::attention;

use crate::{BATCH, normal};

const HEADS: usize = 4;
const WIDTH: usize = 64;

/// Numbers of tokens. Counted are multiplications and additions.
#[divan::bench(args = [64, 256, 1024])]
fn attention_4_heads_of_64(bencher: Bencher, tokens: usize) {
    let shape = [BATCH, HEADS, tokens, WIDTH];
    let (q, k, v) = (normal("q", &shape), normal("k", &shape), normal("v", &shape));
    let operations = 4 * BATCH * HEADS * tokens * tokens * WIDTH;
    let scale = (WIDTH as f64).powf(-0.5);
    bencher.counter(ItemsCount::new(operations)).bench(|| attention(&q, &k, &v, scale).unwrap());
}
