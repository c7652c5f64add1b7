//! Ways to make the source of a pair from its data, each in a file of its own.

mod blur;
mod downsample;
mod edges;
mod mask;
mod noise;
mod plane;
mod rotation;

pub use blur::Blur;
pub use downsample::Downsample;
pub use edges::Edges;
pub use mask::{Mask, MaskFill};
pub use noise::Noise;
pub use rotation::Rotation;

use realuid_ops::RandomStream;

use crate::Result;

/// Makes the source of a pair from its data.
pub trait Corruption: Send + Sync {
    /// The source of `data`, values of `shape` with the last axis fastest; as many values.
    ///
    /// Whatever is random comes from `stream`, which is another one for every example, so that the
    /// source is a pure function of (seed, index, data). Errors: a shape it cannot work on.
    fn apply(&self, shape: &[usize], data: &[f32], stream: &RandomStream) -> Result<Vec<f32>>;
}
