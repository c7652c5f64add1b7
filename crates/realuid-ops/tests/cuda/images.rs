//! Operations that move pixels and channels about. Channels that fill accesses of 16 bytes in every
//! dtype (8), in f32 alone (4), and in none (3).

use realuid_ops::{avg_pool2d, channels_first, channels_last, concat, upsample_nearest2d};

use crate::support::{compare, normal};

const CHANNELS: [usize; 3] = [3, 4, 8];

#[test]
fn upsampling_is_that_of_the_cpu() {
    for channels in CHANNELS {
        for factor in [1, 2, 3] {
            let x = normal("x", &[2, 5, 3, channels]);
            compare(&[x], &[], |x, _, _| upsample_nearest2d(x, factor));
        }
    }
}

#[test]
fn pooling_is_that_of_the_cpu() {
    for channels in CHANNELS {
        for factor in [1, 2, 3] {
            let x = normal("x", &[2, 12, 6, channels]);
            compare(&[x], &[], |x, _, _| avg_pool2d(x, factor));
        }
    }
}

#[test]
fn concatenation_is_that_of_the_cpu() {
    for first in CHANNELS {
        for second in CHANNELS {
            let parts = [normal("x", &[2, 7, 9, first]), normal("y", &[2, 7, 9, second])];
            compare(&parts, &[], |x, others, _| concat(x, &others[0]));
        }
    }
}

#[test]
fn the_order_of_channels_is_that_of_the_cpu() {
    for channels in CHANNELS {
        let x = normal("x", &[2, channels, 5, 17]);
        compare(&[x], &[], |x, _, _| channels_last(x));
        let x = normal("x", &[2, 5, 17, channels]);
        compare(&[x], &[], |x, _, _| channels_first(x));
    }
}
