use std::sync::Arc;

use candle_core::Shape;

use crate::buffer::Buffer;
use crate::element::Element;
use crate::parallel::{map, zip_map};
use crate::tape::{Backward, Kernel, apply};
use crate::{Result, Value};

/// ln(1 + e^x), elementwise, any shape; without overflow for large x, accurate for very negative x.
pub fn softplus(x: &Value) -> Result<Value> {
    apply(Softplus(x.shape().clone()), [Some(x)])
}

struct Softplus(Shape);

impl Kernel<1> for Softplus {
    const NAME: &'static str = "softplus";
    const KEEPS: [bool; 1] = [true];

    fn output(&self) -> Shape {
        self.0.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1], out: &mut [T]) {
        map(x, out, |x| {
            let magnitude = x.larger(-x);
            x.larger(T::zero()) + (-magnitude).exp().ln_1p()
        });
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 1>) -> [Option<Arc<Buffer<T>>>; 1] {
        [Some(zip_map(pass.inputs[0], pass.gradient, |x, g| g / (T::one() + (-x).exp())))]
    }
}
