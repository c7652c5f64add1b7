//! Softmax over the last axis.

pub(crate) mod rows;

use std::sync::Arc;

use candle_core::Shape;

use crate::buffer::Buffer;
use crate::element::Element;
use crate::error::argument;
use crate::tape::{Backward, Kernel, apply};
use crate::{Result, Value};

/// Softmax over the last axis, any shape. A row of which all elements are -inf gives NaN.
pub fn softmax(x: &Value) -> Result<Value> {
    let Some(&columns) = x.dims().last().filter(|_| x.elem_count() > 0) else {
        let found = format!("{:?}", x.dims());
        return Err(argument("softmax", "a non-empty tensor with at least one axis", found));
    };
    apply(Softmax { columns, shape: x.shape().clone() }, [Some(x)])
}

pub(crate) struct Softmax {
    pub columns: usize,
    shape: Shape,
}

impl Kernel<1> for Softmax {
    const NAME: &'static str = "softmax";
    const KEEPS: [bool; 1] = [false];
    const KEEPS_OUTPUT: bool = true;

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1], out: &mut [T]) {
        rows::softmax(x, self.columns, out);
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 1>) -> [Option<Arc<Buffer<T>>>; 1] {
        let mut out = Buffer::stale(pass.output.len());
        rows::softmax_backward(pass.output, &pass.gradient, self.columns, &mut out);
        [Some(Arc::new(out))]
    }
}
