use candle_core::{Shape, Tensor};

use crate::element::Element;
use crate::error::argument;
use crate::kernel::{Backward, Kernel, apply1};
use crate::parallel::chunks;
use crate::{RandomStream, Result};

/// Inverted dropout: element k of `x` (row-major, any shape) is zero where value k of `mask` is
/// below `rate`, and divided by 1 - rate elsewhere (Srivastava et al. 2014).
///
/// `rate` in [0, 1). The mask is drawn again in the backward pass, not stored.
pub fn dropout(x: &Tensor, mask: &RandomStream, rate: f64) -> Result<Tensor> {
    if !(0.0..1.0).contains(&rate) {
        return Err(argument("dropout", "a rate in [0, 1)", rate.to_string()));
    }
    if rate == 0.0 {
        return Ok(x.clone());
    }
    apply1(Dropout { shape: x.shape().clone(), mask: mask.clone(), rate }, x)
}

struct Dropout {
    shape: Shape,
    mask: RandomStream,
    rate: f64,
}

impl Dropout {
    fn masked<T: Element>(&self, x: &[T]) -> Vec<T> {
        const CHUNK: usize = 4096;
        let scale = T::from_f64(1.0 / (1.0 - self.rate));
        let mut out = vec![T::zero(); x.len()];
        chunks(&mut out, CHUNK, CHUNK * 16, |i, out| {
            let start = i * CHUNK;
            for (k, out) in out.iter_mut().enumerate() {
                if self.mask.uniform_at((start + k) as u64) >= self.rate {
                    *out = x[start + k] * scale;
                }
            }
        });
        out
    }
}

impl Kernel<1> for Dropout {
    const NAME: &'static str = "dropout";

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1]) -> Vec<T> {
        self.masked(x)
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 1>) -> [Option<Vec<T>>; 1] {
        [Some(self.masked(pass.gradient))]
    }
}
