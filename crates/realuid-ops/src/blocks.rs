//! Square blocks of pixels: repeating into them and summing over them are each other's adjoint, so
//! nearest upsampling and average pooling share both.

use crate::element::Element;
use crate::parallel::{chunks, vectorised};

/// Rows (of all images together) of `width` blocks, each block `factor` x `factor` pixels.
#[derive(Clone, Copy)]
pub(crate) struct Blocks {
    pub width: usize,
    pub channels: usize,
    pub factor: usize,
}

impl Blocks {
    /// Elements in a row of blocks, small and large.
    fn sizes(&self) -> (usize, usize) {
        let small = self.width * self.channels;
        (small, small * self.factor * self.factor)
    }

    /// Writes x [rows, width, channels] times `scale` to `out`, each pixel filling one block.
    pub fn repeat<T: Element>(&self, x: &[T], scale: T, out: &mut [T]) {
        let (small, large) = self.sizes();
        chunks(out, large, large, |row, out| {
            let (first, rest) = out.split_at_mut(large / self.factor);
            let pixels = x[row * small..][..small].chunks_exact(self.channels);
            for (x, block) in pixels.zip(first.chunks_exact_mut(self.channels * self.factor)) {
                for out in block.chunks_exact_mut(self.channels) {
                    out.iter_mut().zip(x).for_each(|(out, x)| *out = *x * scale);
                }
            }
            rest.chunks_exact_mut(large / self.factor).for_each(|row| row.copy_from_slice(first));
        });
    }

    /// Writes the sums of the blocks of x [rows * factor, width * factor, channels] times `scale`.
    pub fn sum<T: Element>(&self, x: &[T], scale: T, out: &mut [T]) {
        let (small, large) = self.sizes();
        chunks(out, small, large, |row, out| {
            let x = &x[row * large..][..large];
            out.fill(T::zero());
            vectorised(|| {
                for line in x.chunks_exact(large / self.factor) {
                    let blocks = line.chunks_exact(self.channels * self.factor);
                    for (block, out) in blocks.zip(out.chunks_exact_mut(self.channels)) {
                        for x in block.chunks_exact(self.channels) {
                            out.iter_mut().zip(x).for_each(|(out, x)| *out += *x);
                        }
                    }
                }
                for out in out {
                    *out *= scale;
                }
            });
        });
    }
}
