use std::sync::Arc;

use candle_core::Shape;

use crate::blocks::Blocks;
use crate::buffer::Buffer;
use crate::channels::image_axes;
use crate::element::Element;
use crate::error::argument;
use crate::tape::{Backward, Kernel, apply};
use crate::{Result, Value};

/// Mean over blocks of `factor` x `factor` pixels of `x` [B, H, W, C] -> [B, H/f, W/f, C].
///
/// `factor` must divide H and W: no pixel is dropped.
pub fn avg_pool2d(x: &Value, factor: usize) -> Result<Value> {
    let [batch, height, width, channels] = image_axes("avg_pool2d", "[B, H, W, C]", x)?;
    if factor == 0 || height % factor != 0 || width % factor != 0 {
        let found = format!("x {:?}, factor {factor}", x.dims());
        return Err(argument("avg_pool2d", "a factor that divides H and W", found));
    }
    let (height, width) = (height / factor, width / factor);
    let blocks = Blocks { width, channels, factor };
    apply(AveragePool { blocks, shape: (batch, height, width, channels).into() }, [Some(x)])
}

pub(crate) struct AveragePool {
    pub blocks: Blocks,
    shape: Shape,
}

impl AveragePool {
    /// The weight of each pixel in a mean.
    pub fn share<T: Element>(&self) -> T {
        T::from_f64(1.0 / (self.blocks.factor * self.blocks.factor) as f64)
    }
}

impl Kernel<1> for AveragePool {
    const NAME: &'static str = "avg_pool2d";
    const KEEPS: [bool; 1] = [false];

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1], out: &mut [T]) {
        self.blocks.sum(x, self.share(), out);
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 1>) -> [Option<Arc<Buffer<T>>>; 1] {
        let factor = self.blocks.factor;
        let mut out = Buffer::stale(pass.gradient.len() * factor * factor);
        self.blocks.repeat(&pass.gradient, self.share(), &mut out);
        [Some(Arc::new(out))]
    }
}
