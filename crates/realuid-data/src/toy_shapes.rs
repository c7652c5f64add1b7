//! One point of each toy distribution, of a given class. `libm` rather than the platform's functions, so that every
//! machine draws the same points.

use std::f64::consts::{PI, SQRT_2, TAU};

use candle_core::{DType, Device};
use libm::{cos, exp, sin};
use realuid_ops::RandomStream;

use crate::{Result, Toy};

type Point = [f64; 2];

pub(crate) fn eight_gaussians(mode: u32, stream: &RandomStream) -> Result<Point> {
    blur(eight_gaussians_centre(mode), Toy::EIGHT_GAUSSIANS_STD, stream)
}

pub(crate) fn eight_gaussians_centre(mode: u32) -> Point {
    rotate([Toy::EIGHT_GAUSSIANS_RADIUS, 0.0], TAU * f64::from(mode) / 8.0)
}

pub(crate) fn moons(moon: u32, stream: &RandomStream) -> Result<Point> {
    let angle = PI * stream.uniform_at(1);
    let (x, y) = (cos(angle), sin(angle));
    let [x, y] = if moon == 0 { [x, y] } else { [1.0 - x, 0.5 - y] };
    // The two half circles turn into each other about (1/2, 1/4).
    let point = [SQRT_2 * (x - 0.5), SQRT_2 * (y - 0.25)];
    blur(point, 0.1, stream)
}

pub(crate) fn checkerboard(stream: &RandomStream) -> Point {
    let side = 3.0_f64.sqrt() / 2.0;
    // Each row of the board has two squares, starting with the first in even rows.
    let (row, column) = (even_choice(4, stream), stream.uniform_at(1) * 2.0);
    let square = 2.0 * column.floor() + f64::from(row % 2);
    let x = (square + stream.uniform_at(2) - 2.0) * side;
    let y = (f64::from(row) + stream.uniform_at(3) - 2.0) * side;
    [x, y]
}

pub(crate) fn spiral(arm: u32, stream: &RandomStream) -> Result<Point> {
    // The root spreads the points about evenly over the length of the arm.
    let along = stream.uniform_at(1).sqrt();
    let point = rotate([2.0 * along, 0.0], 3.0 * PI * along + PI * f64::from(arm));
    blur(point, 0.05, stream)
}

pub(crate) fn pinwheel(blade: u32, stream: &RandomStream) -> Result<Point> {
    // Squared radius before scaling: 1 + 0.3^2 + 0.1^2 = 1.1, so 1.35 gives variance 1.002.
    const SCALE: f64 = 1.35;
    let [along, across] = normals(stream)?;
    let along = 1.0 + 0.3 * along;
    let angle = TAU * f64::from(blade) / 5.0 + 0.25 * exp(along);
    Ok(rotate([SCALE * along, SCALE * 0.1 * across], angle))
}

/// Value 0 of the stream as one of `0..count`, each as likely as the others.
pub(crate) fn even_choice(count: u32, stream: &RandomStream) -> u32 {
    (stream.uniform_at(0) * f64::from(count)) as u32
}

/// Two standard normal values, independent of the stream's uniform ones.
fn normals(stream: &RandomStream) -> Result<[f64; 2]> {
    let values = stream.child(0).normal(2, DType::F64, &Device::Cpu)?.to_vec1()?;
    Ok([values[0], values[1]])
}

fn blur([x, y]: Point, std: f64, stream: &RandomStream) -> Result<Point> {
    let [dx, dy] = normals(stream)?;
    Ok([x + std * dx, y + std * dy])
}

/// Turned about the origin, counter-clockwise, by the `angle` in radians.
pub(crate) fn rotate([x, y]: Point, angle: f64) -> Point {
    let (sin, cos) = (sin(angle), cos(angle));
    [cos * x - sin * y, sin * x + cos * y]
}
