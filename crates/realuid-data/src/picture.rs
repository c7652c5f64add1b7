use std::fmt::Display;
use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader, Limits};

use crate::byte_images::scale_pixel;
use crate::{Cause, Error, Result, Sample};

/// Colour or grey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channels {
    /// One channel: luminance.
    Grey,
    /// Three channels: red, green and blue.
    #[default]
    Colour,
}

/// Longest side of an image that is decoded.
pub(crate) const LONGEST_SIDE: u32 = 16_384;

/// Most bytes a decoded image may take.
const MOST_BYTES: u64 = 1 << 29;

/// Decodes a jpg, png or webp image to 8 bits a channel, turned upright if it says how it was
/// held. Transparency is dropped. `place` names the image in errors.
pub(crate) fn decode(
    bytes: &[u8],
    channels: Channels,
    place: impl Display,
) -> Result<DynamicImage> {
    let image =
        decode_any(bytes).map_err(|source| Error::Decode { place: place.to_string(), source })?;
    Ok(match channels {
        Channels::Grey => image.into_luma8().into(),
        Channels::Colour => image.into_rgb8().into(),
    })
}

fn decode_any(bytes: &[u8]) -> std::result::Result<DynamicImage, Cause> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    // Not every decoder counts the image it returns towards the limit.
    limits.reserve(decoder.total_bytes())?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// An image of [`decode`] as a sample `[C, H, W]` in [-1, 1].
pub(crate) fn to_sample(image: DynamicImage, class: Option<u32>) -> Sample {
    let channels = usize::from(image.color().channel_count());
    let shape = vec![channels, image.height() as usize, image.width() as usize];
    let bytes = image.into_bytes();
    let mut values = Vec::with_capacity(bytes.len());
    for channel in 0..channels {
        values.extend(bytes.iter().skip(channel).step_by(channels).copied().map(scale_pixel));
    }
    Sample { shape, values, source: None, class }
}
