use candle_core::Tensor;

use crate::Result;

/// Turns images into the features that the metrics compare.
pub trait FeatureExtractor {
    /// Features [N, D] of `images` [N, 3, H, W] with values in [0, 1]; D depends on nothing but the
    /// extractor and the image size.
    fn features(&self, images: &Tensor) -> Result<Tensor>;
}
