use divan::Bencher;
use divan::counter::BytesCount;
use realuid_ops::{GroupNorm, group_norm_silu};

use crate::{BATCH, normal};

/// Channels and size of the images. Counted is what must be read and written.
#[divan::bench(args = [(128, 32), (256, 16)])]
fn group_norm_with_silu(bencher: Bencher, (channels, size): (usize, usize)) {
    let x = normal("x", &[BATCH, channels, size, size]);
    let norm = GroupNorm {
        weight: normal("weight", &[channels]),
        bias: normal("bias", &[channels]),
        groups: 32,
        eps: 1e-5,
    };
    let bytes = 2 * size_of::<f32>() * x.elem_count();
    bencher.counter(BytesCount::new(bytes)).bench(|| group_norm_silu(&x, &norm).unwrap());
}
