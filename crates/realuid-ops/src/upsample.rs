use std::sync::Arc;

use candle_core::Shape;

use crate::blocks::Blocks;
use crate::buffer::Buffer;
use crate::channels::image_axes;
use crate::element::Element;
use crate::error::argument;
use crate::tape::{Backward, Kernel, apply};
use crate::{Result, Value};

/// Repeats every pixel of `x` [B, H, W, C] `factor` times in both directions -> [B, fH, fW, C].
pub fn upsample_nearest2d(x: &Value, factor: usize) -> Result<Value> {
    let [batch, height, width, channels] = image_axes("upsample_nearest2d", "[B, H, W, C]", x)?;
    if factor == 0 {
        return Err(argument("upsample_nearest2d", "a factor above 0", "0"));
    }
    let blocks = Blocks { width, channels, factor };
    let shape = (batch, height * factor, width * factor, channels).into();
    apply(Upsample { blocks, shape }, [Some(x)])
}

pub(crate) struct Upsample {
    pub blocks: Blocks,
    shape: Shape,
}

impl Kernel<1> for Upsample {
    const NAME: &'static str = "upsample_nearest2d";
    const KEEPS: [bool; 1] = [false];

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1], out: &mut [T]) {
        self.blocks.repeat(x, T::one(), out);
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 1>) -> [Option<Arc<Buffer<T>>>; 1] {
        let factor = self.blocks.factor;
        let mut out = Buffer::stale(pass.gradient.len() / (factor * factor));
        self.blocks.sum(&pass.gradient, T::one(), &mut out);
        [Some(Arc::new(out))]
    }
}
