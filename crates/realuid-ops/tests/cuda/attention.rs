use realuid_ops::{HeadOrder, self_attention};

use crate::support::{compare, normal};

/// Attention of `heads` heads of `width` elements, in both orders.
fn compare_attention(batch: usize, tokens: usize, heads: usize, width: usize) {
    let qkv = normal("qkv", &[batch, tokens, 3 * heads * width]);
    for order in [HeadOrder::HeadsFirst, HeadOrder::QueriesFirst] {
        compare(std::slice::from_ref(&qkv), &[], |x, _, _| self_attention(x, heads, order));
    }
}

#[test]
fn attention_of_any_number_of_tokens_is_that_of_the_cpu() {
    for tokens in [1, 7, 64, 100] {
        compare_attention(2, tokens, 1, 64);
        compare_attention(1, tokens, 4, 16);
    }
}

#[test]
fn heads_of_any_width_are_those_of_the_cpu() {
    for width in [1, 8, 17, 48, 128, 130, 256, 260] {
        compare_attention(1, 70, 2, width);
    }
}

#[test]
fn attention_of_a_published_network_is_that_of_the_cpu() {
    compare_attention(1, 256, 4, 64);
    compare_attention(1, 64, 1, 256);
}
