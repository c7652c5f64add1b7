use realuid_ops::RandomStream;

use super::plane::{Plane, map_planes};
use crate::{Corruption, Error, Result};

/// Images at a lower resolution, shown at their own size: the source at each pixel is the mean of
/// the data over the block of `factor` x `factor` pixels that it lies in, each channel on its own.
///
/// Blocks start at the top left corner; where the size is not a multiple of the factor, those at
/// the right and at the bottom are the smaller rest. Nothing is random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Downsample {
    factor: usize,
}

impl Downsample {
    /// Blocks of `factor` pixels, at least 2 (with 1 the source would be the data).
    pub fn new(factor: usize) -> Result<Self> {
        if factor < 2 {
            return Err(Error::Argument {
                operation: "making a downsampling",
                expected: "a factor of at least 2".into(),
                found: factor.to_string(),
            });
        }
        Ok(Self { factor })
    }
}

impl Corruption for Downsample {
    fn apply(&self, shape: &[usize], data: &[f32], _: &RandomStream) -> Result<Vec<f32>> {
        map_planes("downsampling an image", shape, data, |plane| {
            let means = self.block_means(plane);
            let across = plane.width.div_ceil(self.factor);
            let block = |position: isize| position as usize / self.factor;
            plane.map(|row, column| means[block(row) * across + block(column)])
        })
    }
}

impl Downsample {
    /// The mean of each block, row by row.
    fn block_means(self, plane: &Plane) -> Vec<f64> {
        let range = |block: usize, len: usize| {
            let start = block * self.factor;
            start as isize..len.min(start.saturating_add(self.factor)) as isize
        };
        let mut means = Vec::new();
        for down in 0..plane.height.div_ceil(self.factor) {
            for across in 0..plane.width.div_ceil(self.factor) {
                let (rows, columns) = (range(down, plane.height), range(across, plane.width));
                let count = rows.len() * columns.len();
                let places = rows.flat_map(|row| columns.clone().map(move |column| (row, column)));
                let sum: f64 = places.map(|(row, column)| plane.at(row, column)).sum();
                means.push(sum / count as f64);
            }
        }
        means
    }
}
