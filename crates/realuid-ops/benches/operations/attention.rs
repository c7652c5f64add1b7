use divan::Bencher;
use divan::counter::ItemsCount;
use realuid_ops::{HeadOrder, self_attention};

use crate::{BATCH, on_a_tape};

const HEADS: usize = 4;
const WIDTH: usize = 64;

/// Numbers of tokens. Counted are multiplications and additions.
#[divan::bench(args = [64, 256, 1024])]
fn attention_4_heads_of_64(bencher: Bencher, tokens: usize) {
    let operations = ItemsCount::new(4 * BATCH * HEADS * tokens * tokens * WIDTH);
    on_a_tape(bencher.counter(operations), &[BATCH, tokens, 3 * HEADS * WIDTH], |projection| {
        self_attention(projection, HEADS, HeadOrder::HeadsFirst)
    });
}
