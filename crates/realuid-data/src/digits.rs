use std::path::Path;

use crate::idx::{read_images, read_labels};
use crate::{ByteImages, Result};

/// 1,797 handwritten digits, images `[1, 8, 8]` in [-1, 1], ten classes, embedded in the crate.
///
/// UCI "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak, CC BY 4.0; see
/// `data/ATTRIBUTION.md`.
pub fn digits() -> Result<ByteImages> {
    const IMAGES: &[u8] = include_bytes!("../data/digits-images-idx3-ubyte.gz");
    const LABELS: &[u8] = include_bytes!("../data/digits-labels-idx1-ubyte.gz");
    let place = Path::new("the embedded digits");
    let ([_, height, width], pixels) = read_images(IMAGES, place)?;
    let classes = read_labels(LABELS, place)?;
    ByteImages::new([1, height, width], pixels, Some(classes))
}
