use std::sync::Arc;

use candle_core::Shape;

use crate::buffer::Buffer;
use crate::element::Element;
use crate::elementwise::{BinaryMap, UnaryMap, map, zip_map};
use crate::simd::Vector;
use crate::tape::{Backward, Kernel, apply};
use crate::{Result, Value};

/// x * sigmoid(x), elementwise, any shape (Elfwing et al. 2018).
pub fn silu(x: &Value) -> Result<Value> {
    apply(Silu(x.shape().clone()), [Some(x)])
}

/// x sigmoid(x).
#[inline(always)]
pub(crate) fn silu_value<V: Vector>(x: V) -> V {
    let one = V::splat(V::Element::ONE);
    x.div(one.add(V::splat(V::Element::ZERO).sub(x).exp()))
}

/// d/dx x sigmoid(x) = s (1 + x (1 - s)), s = sigmoid(x).
#[inline(always)]
pub(crate) fn silu_slope<V: Vector>(x: V) -> V {
    let one = V::splat(V::Element::ONE);
    let s = one.div(one.add(V::splat(V::Element::ZERO).sub(x).exp()));
    s.mul(x.mul_add(one.sub(s), one))
}

pub(crate) struct Silu(Shape);

impl Kernel<1> for Silu {
    const NAME: &'static str = "silu";
    const KEEPS: [bool; 1] = [true];

    fn output(&self) -> Shape {
        self.0.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1], out: &mut [T]) {
        map::<SiluValue, T>(x, out);
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 1>) -> [Option<Arc<Buffer<T>>>; 1] {
        [Some(zip_map::<SiluGradient, T>(pass.inputs[0], pass.gradient))]
    }
}

struct SiluValue;

impl UnaryMap for SiluValue {
    #[inline(always)]
    fn apply<V: Vector>(x: V) -> V {
        silu_value(x)
    }
}

struct SiluGradient;

impl BinaryMap for SiluGradient {
    #[inline(always)]
    fn apply<V: Vector>(x: V, gradient: V) -> V {
        gradient.mul(silu_slope(x))
    }
}
