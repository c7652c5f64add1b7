//! Shows what a data set holds: prints its size, shape and classes, and writes one shuffled batch
//! as a grid of pictures (or, for points in the plane, prints them as a map). Sources come before
//! their data.
//!
//! `cargo run -p realuid-data --example contact_sheet -- digits digits.png`
//! `cargo run -p realuid-data --example contact_sheet -- 'digits?source=edges' edges.png`
//! `cargo run -p realuid-data --example contact_sheet -- toy:pinwheel`

use std::error::Error;

use candle_core::Tensor;
use realuid_data::{Loader, LoaderConfig, open};

const COLUMNS: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let uri = arguments.next().unwrap_or_else(|| "digits".into());
    let file = arguments.next().unwrap_or_else(|| "contact_sheet.png".into());

    let dataset = open(&uri)?;
    let shape = dataset.shape()?;
    println!(
        "{uri}: {} examples of shape {shape:?}, classes: {:?}",
        dataset.len(),
        dataset.class_count()
    );
    let batch_size = if shape.len() == 3 { COLUMNS * 8 } else { 4096 };
    let mut loader = Loader::new(dataset, LoaderConfig::new(batch_size, 0), 0)?;
    let batch = loader.next().ok_or("loaders are endless")??;
    if shape.len() == 3 {
        let pictures = match &batch.source {
            // Side by side: joined along the width.
            Some(source) => Tensor::cat(&[source, &batch.data], 3)?,
            None => batch.data,
        };
        write_grid(&pictures, &file)?;
        println!("wrote {file}");
    } else {
        batch.source.iter().try_for_each(print_map)?;
        print_map(&batch.data)?;
    }
    Ok(())
}

/// Writes images `[B, C, H, W]` in [-1, 1], row by row.
fn write_grid(images: &Tensor, file: &str) -> Result<(), Box<dyn Error>> {
    let (count, channels, height, width) = images.dims4()?;
    let pixels = images.permute((0, 2, 3, 1))?.contiguous()?.flatten_all()?.to_vec1::<f32>()?;
    let mut sheet =
        image::RgbImage::new((COLUMNS * width) as u32, (count.div_ceil(COLUMNS) * height) as u32);
    for (i, pixel) in pixels.chunks_exact(channels).enumerate() {
        let (image, row, column) = (i / (height * width), i / width % height, i % width);
        let byte = |value: f32| ((value + 1.0) * 127.5).round() as u8;
        let colour = std::array::from_fn(|c| byte(pixel[c.min(channels - 1)]));
        let (left, top) = (image % COLUMNS * width, image / COLUMNS * height);
        sheet.put_pixel((left + column) as u32, (top + row) as u32, image::Rgb(colour));
    }
    sheet.save(file)?;
    Ok(())
}

/// Prints points `[B, 2]` in [-2.5, 2.5] as a map of characters.
fn print_map(points: &Tensor) -> Result<(), Box<dyn Error>> {
    const SIDE: f32 = 32.0;
    let mut map = vec![[0_usize; SIDE as usize * 2]; SIDE as usize];
    for point in points.to_vec2::<f32>()? {
        let (column, row) = ((point[0] / 2.5 + 1.0) * SIDE, (1.0 - point[1] / 2.5) * SIDE / 2.0);
        if let Some(cell) = map.get_mut(row as usize).and_then(|r| r.get_mut(column as usize)) {
            *cell += 1;
        }
    }
    for row in map {
        println!("{}", row.map(|n| [' ', '.', ':', 'o', '#'][n.min(4)]).iter().collect::<String>());
    }
    Ok(())
}
