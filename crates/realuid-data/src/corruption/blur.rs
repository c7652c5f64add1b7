use libm::exp;
use realuid_ops::RandomStream;

use super::plane::map_planes;
use crate::{Corruption, Error, Result};

/// A Gaussian blur of images: the source is
///
/// ```text
/// source(r, c) = sum over i, j of w(i) w(j) data(r + i, c + j),    w(k) ~ exp(-k^2 / (2 s^2))
/// ```
///
/// with the strength s in pixels, |i| and |j| up to 4 s (rounded), the weights adding up to 1 and
/// the image continued beyond its borders by reflection, the border pixel repeated.
#[derive(Clone, Debug, PartialEq)]
pub struct Blur {
    /// Weights w(-radius) to w(radius).
    weights: Vec<f64>,
}

impl Blur {
    /// A blur of the `strength` s, in pixels: above 0 and at most 100, beyond which no image of a
    /// few hundred pixels has anything left.
    pub fn new(strength: f64) -> Result<Self> {
        if !(strength > 0.0 && strength <= 100.0) {
            return Err(Error::Argument {
                operation: "making a blur",
                expected: "a strength above 0 and at most 100 pixels".into(),
                found: strength.to_string(),
            });
        }
        let radius = (4.0 * strength).round() as i32;
        let weight = |k: i32| exp(-0.5 * (f64::from(k) / strength).powi(2));
        let weights: Vec<f64> = (-radius..=radius).map(weight).collect();
        let total: f64 = weights.iter().sum();
        Ok(Self { weights: weights.into_iter().map(|weight| weight / total).collect() })
    }
}

impl Corruption for Blur {
    fn apply(&self, shape: &[usize], data: &[f32], _: &RandomStream) -> Result<Vec<f32>> {
        let radius = (self.weights.len() / 2) as isize;
        let sum = |value: &dyn Fn(isize) -> f64| -> f64 {
            self.weights.iter().zip(-radius..).map(|(weight, k)| weight * value(k)).sum()
        };
        map_planes("blurring an image", shape, data, |plane| {
            let rows = plane.map(|row, column| sum(&|k| plane.at(row, column + k)));
            rows.map(|row, column| sum(&|k| rows.at(row + k, column)))
        })
    }
}
