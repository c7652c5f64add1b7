use std::sync::Arc;

use candle_core::Shape;

use crate::buffer::Buffer;
use crate::element::Element;
use crate::error::argument;
use crate::parallel::chunks;
use crate::tape::{Backward, Kernel, apply};
use crate::{RandomStream, Result, Value};

/// Inverted dropout: element k of `x` (row-major, any shape) is zero where value k of `mask` is
/// below `rate`, and divided by 1 - rate elsewhere (Srivastava et al. 2014).
///
/// `rate` in [0, 1). The mask is drawn again in the backward pass, not stored.
pub fn dropout(x: &Value, mask: &RandomStream, rate: f64) -> Result<Value> {
    if !(0.0..1.0).contains(&rate) {
        return Err(argument("dropout", "a rate in [0, 1)", rate.to_string()));
    }
    if rate == 0.0 {
        return Ok(x.clone());
    }
    apply(Dropout { shape: x.shape().clone(), mask: mask.clone(), rate }, [Some(x)])
}

pub(crate) struct Dropout {
    shape: Shape,
    pub mask: RandomStream,
    pub rate: f64,
}

impl Dropout {
    fn mask<T: Element>(&self, x: &[T], out: &mut [T]) {
        const CHUNK: usize = 4096;
        let scale = T::from_f64(1.0 / (1.0 - self.rate));
        chunks(out, CHUNK, CHUNK * 16, |i, out| {
            let start = i * CHUNK;
            for (k, out) in out.iter_mut().enumerate() {
                let kept = self.mask.uniform_at((start + k) as u64) >= self.rate;
                *out = if kept { x[start + k] * scale } else { T::zero() };
            }
        });
    }
}

impl Kernel<1> for Dropout {
    const NAME: &'static str = "dropout";
    const KEEPS: [bool; 1] = [false];

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1], out: &mut [T]) {
        self.mask(x, out);
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 1>) -> [Option<Arc<Buffer<T>>>; 1] {
        let mut out = Buffer::stale(pass.gradient.len());
        self.mask(&pass.gradient, &mut out);
        [Some(Arc::new(out))]
    }
}
