use candle_core::{Shape, Tensor};

use crate::Result;
use crate::element::Element;
use crate::kernel::{Backward, Kernel, apply1};
use crate::parallel::{map, zip_map};

/// x * sigmoid(x), elementwise, any shape (Elfwing et al. 2018).
pub fn silu(x: &Tensor) -> Result<Tensor> {
    apply1(Silu(x.shape().clone()), x)
}

/// x sigmoid(x).
#[inline(always)]
pub(crate) fn silu_value<T: Element>(x: T) -> T {
    x / (T::one() + (-x).exp())
}

/// d/dx x sigmoid(x) = s (1 + x (1 - s)), s = sigmoid(x).
#[inline(always)]
pub(crate) fn silu_slope<T: Element>(x: T) -> T {
    let s = T::one() / (T::one() + (-x).exp());
    s * (T::one() + x * (T::one() - s))
}

struct Silu(Shape);

impl Kernel<1> for Silu {
    const NAME: &'static str = "silu";

    fn output(&self) -> Shape {
        self.0.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1]) -> Vec<T> {
        map(x, silu_value)
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 1>) -> [Option<Vec<T>>; 1] {
        [Some(zip_map(pass.inputs[0], pass.gradient, |x, g| g * silu_slope(x)))]
    }
}
