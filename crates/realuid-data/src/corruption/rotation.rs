use realuid_ops::RandomStream;

use super::Noise;
use crate::toy_shapes::rotate;
use crate::{Corruption, Error, Result};

/// Points of the plane turned about the origin, and perhaps noised: source = R(angle) data + std z,
/// R counter-clockwise and z standard normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotation {
    radians: f64,
    noise: Noise,
}

impl Rotation {
    /// A turn by `degrees`, finite, and noise of the standard deviation `std`, finite and not
    /// negative.
    pub fn new(degrees: f64, std: f64) -> Result<Self> {
        if !degrees.is_finite() {
            return Err(Error::Argument {
                operation: "making a rotation",
                expected: "a finite angle in degrees".into(),
                found: degrees.to_string(),
            });
        }
        Ok(Self { radians: degrees.to_radians(), noise: Noise::new(std)? })
    }
}

impl Corruption for Rotation {
    fn apply(&self, shape: &[usize], data: &[f32], stream: &RandomStream) -> Result<Vec<f32>> {
        let ([2], &[x, y]) = (shape, data) else {
            return Err(Error::Argument {
                operation: "rotating a point",
                expected: "points of the plane, of shape [2]".into(),
                found: format!("examples of shape {shape:?}"),
            });
        };
        let turned = rotate([f64::from(x), f64::from(y)], self.radians);
        self.noise.apply(shape, &turned.map(|value| value as f32), stream)
    }
}
