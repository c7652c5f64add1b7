use candle_core::Tensor;

use crate::Result;
use crate::blocks::{Blocks, block_sums, repeat_blocks};
use crate::element::Element;
use crate::error::argument;
use crate::kernel::{Backward, Kernel, apply1};

/// Repeats every pixel of `x` [B, C, H, W] `factor` times in both directions -> [B, C, fH, fW].
pub fn upsample_nearest2d(x: &Tensor, factor: usize) -> Result<Tensor> {
    let Ok((b, c, height, width)) = x.dims4() else {
        return Err(argument("upsample_nearest2d", "x [B, C, H, W]", format!("{:?}", x.dims())));
    };
    if factor == 0 || x.elem_count() == 0 {
        let found = format!("x {:?}, factor {factor}", x.dims());
        return Err(argument("upsample_nearest2d", "a non-empty x and a factor above 0", found));
    }
    let blocks = Blocks { planes: b * c, height, width, factor };
    apply1(Upsample { blocks, channels: c }, x)
}

struct Upsample {
    blocks: Blocks,
    channels: usize,
}

impl Kernel<1> for Upsample {
    const NAME: &'static str = "upsample_nearest2d";

    fn output(&self) -> candle_core::Shape {
        let Blocks { planes, height, width, factor } = self.blocks;
        (planes / self.channels, self.channels, height * factor, width * factor).into()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1]) -> Vec<T> {
        repeat_blocks(x, self.blocks, T::one())
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 1>) -> [Option<Vec<T>>; 1] {
        [Some(block_sums(pass.gradient, self.blocks, T::one()))]
    }
}
