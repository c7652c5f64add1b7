use realuid_ops::RandomStream;

use crate::class_weights::ClassWeights;
use crate::dataset::check_index;
use crate::toy_shapes::{
    self, checkerboard, eight_gaussians, even_choice, moons, pinwheel, spiral,
};
use crate::{Dataset, Error, Result, Sample};

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
        std::array::from_fn(|mode| toy_shapes::eight_gaussians_centre(mode as u32))
    }
}

/// Independent points of a [`Toy`]; point i is a pure function of (seed, i) and is made when asked
/// for.
#[derive(Clone, Debug, PartialEq)]
pub struct ToyDataset {
    toy: Toy,
    len: usize,
    seed: u64,
    weights: Option<ClassWeights>,
}

impl ToyDataset {
    /// `len` points; another `seed` gives other points of the same distribution.
    pub const fn new(toy: Toy, len: usize, seed: u64) -> Self {
        Self { toy, len, seed, weights: None }
    }

    /// The same with class k in the share `weights[k]` of the points, instead of evenly; the
    /// weights are relative and need not add up to 1. A weight of 0 leaves the class out.
    ///
    /// Errors: a toy without classes, another number of weights than of classes, weights that are
    /// negative, not finite, or all 0.
    pub fn with_weights(self, weights: &[f64]) -> Result<Self> {
        let Some(count) = self.toy.class_count() else {
            return Err(Error::Argument {
                operation: "weighting the classes of a toy",
                expected: "a toy with classes".into(),
                found: format!("{}, which has none", self.toy.name()),
            });
        };
        let weights = Some(ClassWeights::new(weights, count as usize)?);
        Ok(Self { weights, ..self })
    }

    /// The class of the point drawn from `stream`: from value 0, which nothing else uses.
    fn choose(&self, stream: &RandomStream) -> Option<u32> {
        let count = self.toy.class_count()?;
        Some(match &self.weights {
            None => even_choice(count, stream),
            Some(weights) => weights.choose(stream.uniform_at(0)),
        })
    }

    fn stream(&self, index: usize) -> Result<RandomStream> {
        check_index(index, self.len)?;
        Ok(RandomStream::new(self.seed, "toy", index as u64))
    }
}

impl Dataset for ToyDataset {
    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize) -> Result<Sample> {
        let stream = self.stream(index)?;
        let class = self.choose(&stream);
        // Only the checkerboard has no classes, and it asks for none.
        let of = class.unwrap_or_default();
        let [x, y] = match self.toy {
            Toy::EightGaussians => eight_gaussians(of, &stream)?,
            Toy::Moons => moons(of, &stream)?,
            Toy::Checkerboard => checkerboard(&stream),
            Toy::Spiral => spiral(of, &stream)?,
            Toy::Pinwheel => pinwheel(of, &stream)?,
        };
        Ok(Sample { shape: vec![2], values: vec![x as f32, y as f32], source: None, class })
    }

    fn class_of(&self, index: usize) -> Result<Option<u32>> {
        Ok(self.choose(&self.stream(index)?))
    }

    fn class_count(&self) -> Option<u32> {
        self.toy.class_count()
    }
}
