use realuid_ops::RandomStream;

use super::plane::{Plane, map_planes};
use crate::{Corruption, Result};

/// The edges of images: the length of Sobel's gradient of each channel, scaled to [-1, 1],
///
/// ```text
///          -1 0 1              -1 -2 -1
/// g_x by   -2 0 2     g_y by    0  0  0     source = 2 sqrt(g_x^2 + g_y^2) / sqrt(80) - 1
///          -1 0 1               1  2  1
/// ```
///
/// with the image continued beyond its borders by reflection. sqrt(80) is the longest gradient that
/// values in [-1, 1] can have, so nothing is clipped: no edge is -1, a straight step from black to
/// white 0.79. Nothing is random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edges;

impl Corruption for Edges {
    fn apply(&self, shape: &[usize], data: &[f32], _: &RandomStream) -> Result<Vec<f32>> {
        map_planes("finding the edges of an image", shape, data, |plane| {
            plane.map(|row, column| {
                let [x, y] = gradient(plane, row, column);
                2.0 * ((x * x + y * y) / 80.0).sqrt() - 1.0
            })
        })
    }
}

/// Sobel's derivatives along the columns and along the rows.
fn gradient(plane: &Plane, row: isize, column: isize) -> [f64; 2] {
    let (mut x, mut y) = (0.0, 0.0);
    for (k, smooth) in [(-1, 1.0), (0, 2.0), (1, 1.0)] {
        x += smooth * (plane.at(row + k, column + 1) - plane.at(row + k, column - 1));
        y += smooth * (plane.at(row + 1, column + k) - plane.at(row - 1, column + k));
    }
    [x, y]
}
