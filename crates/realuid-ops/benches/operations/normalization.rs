use divan::Bencher;
use divan::counter::BytesCount;
use realuid_ops::{GroupNorm, group_norm_silu};

use crate::{BATCH, normal, on_a_tape};

/// Channels and size of the images. Counted is what must be read and written.
#[divan::bench(args = [(128, 32), (256, 16)])]
fn group_norm_with_silu(bencher: Bencher, (channels, size): (usize, usize)) {
    let norm = GroupNorm {
        weight: normal("weight", &[channels]),
        bias: normal("bias", &[channels]),
        groups: 32,
        eps: 1e-5,
    };
    let shape = [BATCH, size, size, channels];
    let bytes = BytesCount::new(2 * size_of::<f32>() * shape.iter().product::<usize>());
    on_a_tape(bencher.counter(bytes), &shape, |x| group_norm_silu(x, &norm, None));
}
