//! Square blocks of pixels: repeating into them and summing over them are each other's adjoint, so
//! nearest upsampling and average pooling share both.

use crate::element::Element;
use crate::parallel::chunks;

/// `planes` images of `height` x `width` blocks, each block `factor` x `factor` pixels.
#[derive(Clone, Copy)]
pub(crate) struct Blocks {
    pub planes: usize,
    pub height: usize,
    pub width: usize,
    pub factor: usize,
}

/// x [planes, height, width] times `scale`, each value filling one block.
pub(crate) fn repeat_blocks<T: Element>(x: &[T], blocks: Blocks, scale: T) -> Vec<T> {
    let Blocks { planes, height, width, factor } = blocks;
    let (small, large) = (height * width, height * width * factor * factor);
    let mut out = vec![T::zero(); planes * large];
    chunks(&mut out, large, large, |plane, out| {
        let rows = x[plane * small..][..small].chunks_exact(width);
        for (x, out) in rows.zip(out.chunks_exact_mut(width * factor * factor)) {
            let (first, rest) = out.split_at_mut(width * factor);
            for (x, out) in x.iter().zip(first.chunks_exact_mut(factor)) {
                out.fill(*x * scale);
            }
            rest.chunks_exact_mut(width * factor).for_each(|row| row.copy_from_slice(first));
        }
    });
    out
}

/// Sums of the blocks of x [planes, height * factor, width * factor], times `scale`.
pub(crate) fn block_sums<T: Element>(x: &[T], blocks: Blocks, scale: T) -> Vec<T> {
    let Blocks { planes, height, width, factor } = blocks;
    let (small, large) = (height * width, height * width * factor * factor);
    let mut out = vec![T::zero(); planes * small];
    chunks(&mut out, small, large, |plane, out| {
        let rows = x[plane * large..][..large].chunks_exact(width * factor * factor);
        for (x, out) in rows.zip(out.chunks_exact_mut(width)) {
            for row in x.chunks_exact(width * factor) {
                for (out, x) in out.iter_mut().zip(row.chunks_exact(factor)) {
                    for x in x {
                        *out += *x;
                    }
                }
            }
            for out in out {
                *out *= scale;
            }
        }
    });
    out
}
