use divan::Bencher;
use divan::counter::ItemsCount;
use realuid_ops::{Conv2dConfig, conv2d};

use crate::{BATCH, normal, on_a_tape};

/// Channels, filters and size of the images. Counted are multiplications and additions.
const SIZES: [(usize, usize, usize); 5] =
    [(128, 128, 32), (256, 256, 16), (256, 256, 8), (512, 256, 16), (3, 128, 32)];

#[divan::bench(args = SIZES)]
fn convolution_3x3(bencher: Bencher, (channels, filters, size): (usize, usize, usize)) {
    let weight = normal("weight", &[filters, channels, 3, 3]);
    let config = Conv2dConfig { stride: 1, padding: 1 };
    let operations = ItemsCount::new(2 * 9 * BATCH * size * size * channels * filters);
    on_a_tape(bencher.counter(operations), &[BATCH, size, size, channels], |x| {
        conv2d(x, &weight, None, config)
    });
}
