use divan::Bencher;
use divan::counter::ItemsCount;
use realuid_ops::{Conv2dConfig, conv2d};

use crate::{BATCH, normal};

/// Channels, filters and size of the images. Counted are multiplications and additions.
const SIZES: [(usize, usize, usize); 5] =
    [(128, 128, 32), (256, 256, 16), (256, 256, 8), (512, 256, 16), (3, 128, 32)];

#[divan::bench(args = SIZES)]
fn convolution_3x3(bencher: Bencher, (channels, filters, size): (usize, usize, usize)) {
    let x = normal("x", &[BATCH, channels, size, size]);
    let weight = normal("weight", &[filters, channels, 3, 3]);
    let config = Conv2dConfig { stride: 1, padding: 1 };
    let operations = 2 * 9 * BATCH * size * size * channels * filters;
    bencher
        .counter(ItemsCount::new(operations))
        .bench(|| conv2d(&x, &weight, None, config).unwrap());
}
