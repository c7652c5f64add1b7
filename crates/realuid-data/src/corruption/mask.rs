use candle_core::{DType, Device};
use realuid_ops::RandomStream;

use super::plane::image_shape;
use crate::{Corruption, Error, Result};

/// A square hole in images, for inpainting: every channel keeps its values outside a square of
/// `size` x `size` pixels, whose place is uniform over those wholly inside the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask {
    size: usize,
    fill: MaskFill,
}

/// What a [`Mask`] puts into its square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskFill {
    /// Grey: 0, halfway between black and white.
    Grey,
    /// Standard normal noise, another value for every channel and pixel.
    Noise,
}

impl Mask {
    /// A square of `size` pixels, at least one; an image smaller than it is refused when it comes.
    pub fn new(size: usize, fill: MaskFill) -> Result<Self> {
        if size == 0 {
            return Err(wrong("making a mask", "a size of at least 1 pixel", size));
        }
        Ok(Self { size, fill })
    }

    /// The values of the square, channel by channel and row by row.
    fn filling(&self, channels: usize, stream: &RandomStream) -> Result<Vec<f64>> {
        let count = channels * self.size * self.size;
        match self.fill {
            MaskFill::Grey => Ok(vec![0.0; count]),
            MaskFill::Noise => {
                Ok(stream.child(0).normal(count, DType::F64, &Device::Cpu)?.to_vec1()?)
            }
        }
    }
}

impl Corruption for Mask {
    fn apply(&self, shape: &[usize], data: &[f32], stream: &RandomStream) -> Result<Vec<f32>> {
        const DOING: &str = "masking an image";
        let [channels, height, width] = image_shape(DOING, shape)?;
        if self.size > height.min(width) {
            let expected = format!("a square that fits into {height} x {width} pixels");
            return Err(wrong(DOING, expected, self.size));
        }
        let mut masked = data.to_vec();
        let place = |k, len: usize| (stream.uniform_at(k) * (len - self.size + 1) as f64) as usize;
        let (top, left) = (place(0, height), place(1, width));
        let filling = self.filling(channels, stream)?;
        for (line, values) in filling.chunks_exact(self.size).enumerate() {
            let (channel, row) = (line / self.size, top + line % self.size);
            let start = (channel * height + row) * width + left;
            for (pixel, value) in masked[start..start + self.size].iter_mut().zip(values) {
                *pixel = *value as f32;
            }
        }
        Ok(masked)
    }
}

fn wrong(operation: &'static str, expected: impl Into<String>, size: usize) -> Error {
    Error::Argument { operation, expected: expected.into(), found: format!("a size of {size}") }
}
