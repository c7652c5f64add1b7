use candle_core::{Shape, Tensor};

use crate::Result;
use crate::blocks::{Blocks, block_sums, repeat_blocks};
use crate::element::Element;
use crate::error::argument;
use crate::kernel::{Backward, Kernel, apply1};

/// Mean over blocks of `factor` x `factor` pixels of `x` [B, C, H, W] -> [B, C, H/f, W/f].
///
/// `factor` must divide H and W: no pixel is dropped.
pub fn avg_pool2d(x: &Tensor, factor: usize) -> Result<Tensor> {
    let Ok((b, c, height, width)) = x.dims4() else {
        return Err(argument("avg_pool2d", "x [B, C, H, W]", format!("{:?}", x.dims())));
    };
    let divides = factor > 0 && height % factor == 0 && width % factor == 0;
    if !divides || x.elem_count() == 0 {
        let found = format!("x {:?}, factor {factor}", x.dims());
        return Err(argument(
            "avg_pool2d",
            "a non-empty x and a factor that divides H and W",
            found,
        ));
    }
    let blocks = Blocks { planes: b * c, height: height / factor, width: width / factor, factor };
    apply1(AveragePool { blocks, channels: c }, x)
}

struct AveragePool {
    blocks: Blocks,
    channels: usize,
}

impl AveragePool {
    fn share<T: Element>(&self) -> T {
        T::from_f64(1.0 / (self.blocks.factor * self.blocks.factor) as f64)
    }
}

impl Kernel<1> for AveragePool {
    const NAME: &'static str = "avg_pool2d";

    fn output(&self) -> Shape {
        let Blocks { planes, height, width, .. } = self.blocks;
        (planes / self.channels, self.channels, height, width).into()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1]) -> Vec<T> {
        block_sums(x, self.blocks, self.share())
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 1>) -> [Option<Vec<T>>; 1] {
        [Some(repeat_blocks(pass.gradient, self.blocks, self.share()))]
    }
}
