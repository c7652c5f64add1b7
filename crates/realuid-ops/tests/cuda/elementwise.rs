use realuid_ops::{add, silu};

use crate::support::{compare, normal};

#[test]
fn silu_is_that_of_the_cpu() {
    for shape in [&[1][..], &[3, 257], &[2, 5, 7, 33]] {
        compare(&[normal("x", shape)], &[], |x, _, _| silu(x));
    }
}

#[test]
fn a_sum_is_that_of_the_cpu() {
    let terms = [normal("x", &[3, 1001]), normal("y", &[3, 1001])];
    compare(&terms, &[], |x, others, _| add(x, &others[0]));
}

#[test]
fn gradients_of_what_is_used_twice_are_added() {
    compare(&[normal("x", &[4, 100])], &[], |x, _, _| add(&silu(x)?, x));
}
