use std::sync::Arc;

use candle_core::Shape;

use crate::buffer::Buffer;
use crate::element::Element;
use crate::parallel::own;
use crate::tape::{Backward, Kernel, apply};
use crate::{Result, Value};

/// ln(1 + e^x), elementwise, any shape; without overflow for large x, accurate for very negative x.
pub fn softplus(x: &Value) -> Result<Value> {
    apply(Softplus(x.shape().clone()), [Some(x)])
}

pub(crate) struct Softplus(Shape);

impl Kernel<1> for Softplus {
    const NAME: &'static str = "softplus";
    const KEEPS: [bool; 1] = [true];

    fn output(&self) -> Shape {
        self.0.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1], out: &mut [T]) {
        for (out, &x) in out.iter_mut().zip(x) {
            let magnitude = x.larger(-x);
            *out = x.larger(T::zero()) + (-magnitude).exp().ln_1p();
        }
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 1>) -> [Option<Arc<Buffer<T>>>; 1] {
        let mut gradient = own(pass.gradient);
        for (g, &x) in gradient.iter_mut().zip(pass.inputs[0]) {
            *g /= T::one() + (-x).exp();
        }
        [Some(Arc::new(gradient))]
    }
}
