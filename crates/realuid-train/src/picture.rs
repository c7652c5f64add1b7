//! Samples as a picture: a grid of images, or a scatter plot of vectors.

use std::io::Cursor;
use std::path::Path;

use candle_core::{DType, Tensor};
use image::{ImageFormat, Rgb, RgbImage};

use crate::{Error, Result, files};

/// Pixels between the images of a grid, and around it.
const GAP: u32 = 2;
/// Images are enlarged by a whole factor until they are at least this high, in pixels.
const READABLE: u32 = 32;
/// Side of a scatter plot, in pixels.
const PLOT: u32 = 320;
/// The square shown by a scatter plot reaches this far from the origin.
const REACH: f32 = 3.0;

/// Writes [`grid`] or [`scatter`] of `samples` as a PNG file, whichever fits their shape.
pub fn save(path: &Path, samples: &Tensor) -> Result<()> {
    let picture = if samples.rank() == 4 { grid(samples)? } else { scatter(samples)? };
    files::replace(path, &png(&picture)?)
}

/// One image `[C, H, W]` in `[-1, 1]` as the bytes of a PNG file, pixel for pixel.
pub fn single(image: &Tensor) -> Result<Vec<u8>> {
    png(&rgb(image)?)
}

/// Images `[N, C, H, W]` in `[-1, 1]`, C 1 or 3, in rows of about as many as there are rows.
pub fn grid(images: &Tensor) -> Result<RgbImage> {
    let (count, _, height, width) = images.dims4()?;
    let (height, width) = (height as u32, width as u32);
    let columns = (count as f64).sqrt().ceil() as u32;
    let rows = (count as u32).div_ceil(columns);
    let scale = READABLE.div_ceil(height).max(1);
    let (cell_width, cell_height) = (scale * width + GAP, scale * height + GAP);
    let mut picture =
        RgbImage::from_pixel(columns * cell_width + GAP, rows * cell_height + GAP, Rgb([255; 3]));
    for i in 0..count {
        let image = rgb(&images.get(i)?)?;
        let left = GAP + (i as u32 % columns) * cell_width;
        let top = GAP + (i as u32 / columns) * cell_height;
        for y in 0..scale * height {
            for x in 0..scale * width {
                picture.put_pixel(left + x, top + y, *image.get_pixel(x / scale, y / scale));
            }
        }
    }
    Ok(picture)
}

/// Vectors `[N, D]`, D at least 2, as points of their first two coordinates; darker where there are more.
pub fn scatter(points: &Tensor) -> Result<RgbImage> {
    let (count, dimension) = points.dims2()?;
    if dimension < 2 {
        return Err(Error::Mismatch {
            what: "picture of samples",
            expected: "images, or vectors of at least 2 coordinates".into(),
            found: format!("vectors of {dimension}"),
            advice: "write the samples as npy or safetensors".into(),
        });
    }
    let points = points.narrow(1, 0, 2)?.to_dtype(DType::F32)?.to_vec2::<f32>()?;
    let mut picture = RgbImage::from_pixel(PLOT, PLOT, Rgb([255; 3]));
    // About the same darkness on the whole for any number of points.
    let strength = (40_000.0 / count as f32).clamp(24.0, 160.0) as u8;
    for point in points {
        let pixel = |v: f32| (f32::midpoint(v / REACH, 1.0) * PLOT as f32) as i64;
        let (x, y) = (pixel(point[0]), pixel(-point[1]));
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (x, y) = (x + dx, y + dy);
            if (0..i64::from(PLOT)).contains(&x) && (0..i64::from(PLOT)).contains(&y) {
                let Rgb([r, g, _]) = *picture.get_pixel(x as u32, y as u32);
                let darker = [r.saturating_sub(strength), g.saturating_sub(strength), 255];
                picture.put_pixel(x as u32, y as u32, Rgb(darker));
            }
        }
    }
    Ok(picture)
}

fn rgb(image: &Tensor) -> Result<RgbImage> {
    let (channels, height, width) = image.dims3()?;
    if channels != 1 && channels != 3 {
        return Err(Error::Mismatch {
            what: "picture of samples",
            expected: "1 or 3 channels".into(),
            found: format!("{channels}"),
            advice: "write the samples as npy or safetensors".into(),
        });
    }
    let bytes = ((image.to_dtype(DType::F32)?.clamp(-1.0, 1.0)? + 1.0)? * 127.5)?.round()?;
    let bytes = bytes.flatten_all()?.to_vec1::<f32>()?;
    let plane = height * width;
    let value = |channel: usize, at: usize| bytes[(channel % channels) * plane + at] as u8;
    Ok(RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        Rgb([value(0, at), value(1, at), value(2, at)])
    }))
}

fn png(picture: &RgbImage) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|e| Error::Drawing { what: "samples", problem: e.to_string() })?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn a_grid_shows_each_image_in_its_place() {
        let values: Vec<f32> = [-1.0, 0.0, 1.0].iter().flat_map(|&v| vec![v; 64]).collect();
        let picture = grid(&Tensor::from_vec(values, (3, 1, 8, 8), &Device::Cpu).unwrap()).unwrap();
        assert_eq!(picture.dimensions(), (70, 70));
        let at = |x, y| picture.get_pixel(x, y).0;
        assert_eq!((at(2, 2), at(33, 33)), ([0; 3], [0; 3]));
        assert_eq!((at(36, 2), at(2, 36)), ([128; 3], [255; 3]));
        assert_eq!(at(0, 0), [255; 3]);
    }

    #[test]
    fn colours_keep_their_channels_and_are_clamped() {
        let image = Tensor::new(&[[[2.0_f32]], [[-3.0]], [[0.2]]], &Device::Cpu).unwrap();
        assert_eq!(rgb(&image).unwrap().get_pixel(0, 0).0, [255, 0, 153]);
    }

    #[test]
    fn a_point_falls_where_its_coordinates_say() {
        let picture = scatter(&Tensor::new(&[[1.5_f32, 1.5]], &Device::Cpu).unwrap()).unwrap();
        assert_ne!(picture.get_pixel(240, 80).0, [255; 3]);
        assert_eq!(picture.get_pixel(80, 240).0, [255; 3]);
    }
}
