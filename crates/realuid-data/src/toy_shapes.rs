//! One point of each toy distribution. `libm` rather than the platform's functions, so that every
//! machine draws the same points.

use std::f64::consts::{PI, SQRT_2, TAU};

use candle_core::{DType, Device};
use libm::{cos, exp, sin};
use realuid_ops::RandomStream;

use crate::{Result, Toy};

/// A point and its class.
type Point = ([f64; 2], Option<u32>);

pub(crate) fn eight_gaussians(stream: &RandomStream) -> Result<Point> {
    let mode = choice(stream, 8);
    let centre = eight_gaussians_centre(mode);
    Ok((blur(centre, Toy::EIGHT_GAUSSIANS_STD, stream)?, Some(mode as u32)))
}

pub(crate) fn eight_gaussians_centre(mode: u64) -> [f64; 2] {
    rotate([Toy::EIGHT_GAUSSIANS_RADIUS, 0.0], TAU * mode as f64 / 8.0)
}

pub(crate) fn moons(stream: &RandomStream) -> Result<Point> {
    let moon = choice(stream, 2);
    let angle = PI * stream.uniform_at(1);
    let (x, y) = (cos(angle), sin(angle));
    let [x, y] = if moon == 0 { [x, y] } else { [1.0 - x, 0.5 - y] };
    // The two half circles turn into each other about (1/2, 1/4).
    let point = [SQRT_2 * (x - 0.5), SQRT_2 * (y - 0.25)];
    Ok((blur(point, 0.1, stream)?, Some(moon as u32)))
}

pub(crate) fn checkerboard(stream: &RandomStream) -> Point {
    let side = 3.0_f64.sqrt() / 2.0;
    // Each row of the board has two squares, starting with the first in even rows.
    let (row, column) = (choice(stream, 4), stream.uniform_at(1) * 2.0);
    let square = 2.0 * column.floor() + (row % 2) as f64;
    let x = (square + stream.uniform_at(2) - 2.0) * side;
    let y = (row as f64 + stream.uniform_at(3) - 2.0) * side;
    ([x, y], None)
}

pub(crate) fn spiral(stream: &RandomStream) -> Result<Point> {
    let arm = choice(stream, 2);
    // The root spreads the points about evenly over the length of the arm.
    let along = stream.uniform_at(1).sqrt();
    let point = rotate([2.0 * along, 0.0], 3.0 * PI * along + PI * arm as f64);
    Ok((blur(point, 0.05, stream)?, Some(arm as u32)))
}

pub(crate) fn pinwheel(stream: &RandomStream) -> Result<Point> {
    // Squared radius before scaling: 1 + 0.3^2 + 0.1^2 = 1.1, so 1.35 gives variance 1.002.
    const SCALE: f64 = 1.35;
    let blade = choice(stream, 5);
    let [along, across] = normals(stream)?;
    let along = 1.0 + 0.3 * along;
    let angle = TAU * blade as f64 / 5.0 + 0.25 * exp(along);
    Ok((rotate([SCALE * along, SCALE * 0.1 * across], angle), Some(blade as u32)))
}

/// Value 0 of the stream as one of `0..count`.
fn choice(stream: &RandomStream, count: u64) -> u64 {
    (stream.uniform_at(0) * count as f64) as u64
}

/// Two standard normal values, independent of the stream's uniform ones.
fn normals(stream: &RandomStream) -> Result<[f64; 2]> {
    let values = stream.child(0).normal(2, DType::F64, &Device::Cpu)?.to_vec1()?;
    Ok([values[0], values[1]])
}

fn blur([x, y]: [f64; 2], std: f64, stream: &RandomStream) -> Result<[f64; 2]> {
    let [dx, dy] = normals(stream)?;
    Ok([x + std * dx, y + std * dy])
}

fn rotate([x, y]: [f64; 2], angle: f64) -> [f64; 2] {
    let (sin, cos) = (sin(angle), cos(angle));
    [cos * x - sin * y, sin * x + cos * y]
}
