use std::sync::Arc;

use candle_core::Shape;

use crate::buffer::Buffer;
use crate::element::Element;
use crate::error::argument;
use crate::parallel::chunks;
use crate::tape::{Backward, Kernel, apply};
use crate::{Result, Value};

/// x + y, elementwise, of one shape.
pub fn add(x: &Value, y: &Value) -> Result<Value> {
    if x.dims() != y.dims() {
        let found = format!("{:?}", y.dims());
        return Err(argument("add", format!("two values of shape {:?}", x.dims()), found));
    }
    apply(Add(x.shape().clone()), [Some(x), Some(y)])
}

pub(crate) struct Add(Shape);

impl Kernel<2> for Add {
    const NAME: &'static str = "add";
    const KEEPS: [bool; 2] = [false; 2];

    fn output(&self) -> Shape {
        self.0.clone()
    }

    fn forward<T: Element>(&self, [x, y]: [&[T]; 2], out: &mut [T]) {
        const CHUNK: usize = 1 << 13;
        chunks(out, CHUNK, CHUNK, |i, out| {
            let terms = x[i * CHUNK..].iter().zip(&y[i * CHUNK..]);
            out.iter_mut().zip(terms).for_each(|(out, (x, y))| *out = *x + *y);
        });
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 2>) -> [Option<Arc<Buffer<T>>>; 2] {
        pass.wanted.map(|wanted| wanted.then(|| pass.gradient.clone()))
    }
}
