use crate::dataset::check_index;
use crate::{Dataset, Error, Result, Sample};

/// Images of one size held in memory as bytes, `[N, C, H, W]`, perhaps with classes.
#[derive(Clone, Debug)]
pub struct ByteImages {
    shape: [usize; 3],
    pixels: Vec<u8>,
    classes: Option<Vec<u8>>,
}

impl ByteImages {
    /// `pixels` are the images of shape `[C, H, W]` one after another, 0 black and 255 white;
    /// `classes` one class an image.
    ///
    /// Errors: an image of no pixels, pixels that do not make whole images, another number of
    /// classes than of images.
    pub fn new(shape: [usize; 3], pixels: Vec<u8>, classes: Option<Vec<u8>>) -> Result<Self> {
        let wrong = |expected: String, found: String| Error::Argument {
            operation: "making a set of images",
            expected,
            found,
        };
        let size = shape.iter().try_fold(1_usize, |size, &axis| size.checked_mul(axis));
        let Some(size) = size.filter(|&size| size > 0) else {
            return Err(wrong("a shape [C, H, W] without zeros".into(), format!("{shape:?}")));
        };
        if !pixels.len().is_multiple_of(size) {
            let expected = format!("a multiple of {size} bytes for images of shape {shape:?}");
            return Err(wrong(expected, format!("{} bytes", pixels.len())));
        }
        let count = pixels.len() / size;
        if let Some(classes) = classes.as_ref().filter(|classes| classes.len() != count) {
            let found = format!("{} classes", classes.len());
            return Err(wrong(format!("one class for each of the {count} images"), found));
        }
        Ok(Self { shape, pixels, classes })
    }
}

impl Dataset for ByteImages {
    fn len(&self) -> usize {
        self.pixels.len() / self.shape.iter().product::<usize>()
    }

    fn get(&self, index: usize) -> Result<Sample> {
        check_index(index, self.len())?;
        let size: usize = self.shape.iter().product();
        let pixels = &self.pixels[index * size..(index + 1) * size];
        Ok(Sample {
            shape: self.shape.to_vec(),
            values: pixels.iter().copied().map(scale_pixel).collect(),
            source: None,
            class: self.class_of(index)?,
        })
    }

    fn class_of(&self, index: usize) -> Result<Option<u32>> {
        check_index(index, self.len())?;
        Ok(self.classes.as_ref().map(|classes| u32::from(classes[index])))
    }

    fn class_count(&self) -> Option<u32> {
        let highest = self.classes.as_ref()?.iter().max()?;
        Some(u32::from(*highest) + 1)
    }
}

/// A byte as the networks see it: 0 is -1 and 255 is 1.
pub(crate) fn scale_pixel(byte: u8) -> f32 {
    f32::from(byte) / 127.5 - 1.0
}
