use candle_core::{Shape, Tensor};

use crate::Result;
use crate::element::Element;
use crate::kernel::{Backward, Kernel, apply1};
use crate::parallel::{map, zip_map};

/// ln(1 + e^x), elementwise, any shape; without overflow for large x, accurate for very negative x.
pub fn softplus(x: &Tensor) -> Result<Tensor> {
    apply1(Softplus(x.shape().clone()), x)
}

struct Softplus(Shape);

impl Kernel<1> for Softplus {
    const NAME: &'static str = "softplus";

    fn output(&self) -> Shape {
        self.0.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1]) -> Vec<T> {
        map(x, |x| {
            let magnitude = x.larger(-x);
            x.larger(T::zero()) + (-magnitude).exp().ln_1p()
        })
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 1>) -> [Option<Vec<T>>; 1] {
        [Some(zip_map(pass.inputs[0], pass.gradient, |x, g| g / (T::one() + (-x).exp())))]
    }
}
