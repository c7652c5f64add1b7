use candle_core::Tensor;
use realuid_ops::{RandomStream, add, dropout, silu, softplus};

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

#[test]
fn softplus_is_that_of_the_cpu_also_far_from_zero() {
    compare(&[normal("x", &[3, 257])], &[], |x, _, _| softplus(x));
    // Alone, so that large results do not hide small ones; e^-9 is about the least that f16 holds.
    for value in [-9.0_f32, 0.0, 9.0, 1000.0] {
        let x = Tensor::full(value, 5, &candle_core::Device::Cpu).unwrap();
        compare(&[x], &[], |x, _, _| softplus(x));
    }
}

/// One element out of place would be an error of some percent.
#[test]
fn dropout_has_the_mask_of_the_cpu() {
    let mask = RandomStream::new(3, "mask", 5);
    for shape in [&[1][..], &[3, 257], &[2, 8, 64]] {
        for rate in [0.1, 0.5, 0.9] {
            compare(&[normal("x", shape)], &[], |x, _, _| dropout(x, &mask, rate));
        }
    }
}
