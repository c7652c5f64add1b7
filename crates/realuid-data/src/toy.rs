use realuid_ops::RandomStream;

use crate::dataset::check_index;
use crate::toy_shapes::{self, checkerboard, eight_gaussians, moons, pinwheel, spiral};
use crate::{Dataset, Result, Sample};

/// A distribution in the plane, scaled so that its mean variance over the two axes is about 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Toy {
    /// Eight round Gaussians of standard deviation [`Toy::EIGHT_GAUSSIANS_STD`], their centres
    /// evenly spaced on a circle of radius [`Toy::EIGHT_GAUSSIANS_RADIUS`] about the origin, the
    /// first on the positive first axis. Variance 0.99 on each axis. The class is the mode.
    EightGaussians,
    /// Two interleaved half circles of radius sqrt(2), the second turned upside down, centred
    /// together on the origin, with Gaussian noise of 0.1. Variance 1.51 and 0.498. The class is
    /// the half circle.
    Moons,
    /// Every other square of a 4 by 4 board that spans [-sqrt(3), sqrt(3)] on each axis. Each axis
    /// alone is uniform, of variance 1; their covariance is 3/16. No classes.
    Checkerboard,
    /// Two arms of a spiral of radius 2 and one and a half turns, opposite each other, with
    /// Gaussian noise of 0.05. The mean squared radius is 2.005. The class is the arm.
    Spiral,
    /// Five Gaussian blades bent around the origin (M. J. Johnson et al., arXiv 1603.06277).
    /// Variance 1.002 on each axis. The class is the blade.
    Pinwheel,
}

impl Toy {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::EightGaussians, Self::Moons, Self::Checkerboard, Self::Spiral, Self::Pinwheel];

    /// Distance of the eight Gaussians' centres from the origin.
    pub const EIGHT_GAUSSIANS_RADIUS: f64 = 1.4;

    /// Standard deviation of each of the eight Gaussians, on each axis.
    pub const EIGHT_GAUSSIANS_STD: f64 = 0.1;

    /// The name used in addresses, such as `8-gaussians`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EightGaussians => "8-gaussians",
            Self::Moons => "moons",
            Self::Checkerboard => "checkerboard",
            Self::Spiral => "spiral",
            Self::Pinwheel => "pinwheel",
        }
    }

    /// The toy of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|toy| toy.name() == name)
    }

    /// Number of classes, `None` for a toy without.
    pub const fn class_count(self) -> Option<u32> {
        match self {
            Self::EightGaussians => Some(8),
            Self::Moons | Self::Spiral => Some(2),
            Self::Checkerboard => None,
            Self::Pinwheel => Some(5),
        }
    }

    /// The centres of the eight Gaussians, in the order of their classes.
    pub fn eight_gaussians_centres() -> [[f64; 2]; 8] {
        std::array::from_fn(|mode| toy_shapes::eight_gaussians_centre(mode as u64))
    }
}

/// Independent points of a [`Toy`]; point i is a pure function of (seed, i) and is made when asked
/// for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToyDataset {
    toy: Toy,
    len: usize,
    seed: u64,
}

impl ToyDataset {
    /// `len` points; another `seed` gives other points of the same distribution.
    pub const fn new(toy: Toy, len: usize, seed: u64) -> Self {
        Self { toy, len, seed }
    }
}

impl Dataset for ToyDataset {
    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize) -> Result<Sample> {
        check_index(index, self.len)?;
        let stream = RandomStream::new(self.seed, "toy", index as u64);
        let ([x, y], class) = match self.toy {
            Toy::EightGaussians => eight_gaussians(&stream)?,
            Toy::Moons => moons(&stream)?,
            Toy::Checkerboard => checkerboard(&stream),
            Toy::Spiral => spiral(&stream)?,
            Toy::Pinwheel => pinwheel(&stream)?,
        };
        Ok(Sample { shape: vec![2], values: vec![x as f32, y as f32], class })
    }

    fn class_count(&self) -> Option<u32> {
        self.toy.class_count()
    }
}
