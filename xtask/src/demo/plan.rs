//! What the two demos differ in.

use super::measurement::Judge;

/// Settings that turn RealUID into the data-free UID: generated samples alone.
pub const WITHOUT_DATA: [&str; 6] = [
    "--set",
    "distill.objective.alpha=1",
    "--set",
    "distill.objective.beta=1",
    "--set",
    "distill.objective.gamma=1",
];

/// A demo.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Name of its folder below `runs`.
    pub name: &'static str,
    /// File in `configs`.
    pub recipe: &'static str,
    /// The recipe's data, to measure against.
    pub data: &'static str,
    /// The distance that decides whether a student is good enough.
    pub judge: Judge,
}

impl Plan {
    /// The embedded digits.
    pub fn digits() -> Self {
        Self { name: "demo-digits", recipe: "digits.toml", data: "digits", judge: Judge::Frechet }
    }

    /// Two moons in the plane, whose shape two moments do not tell: there the Frechet distance
    /// cannot judge.
    pub fn toy() -> Self {
        Self {
            name: "demo-toy",
            recipe: "toy.toml",
            data: "toy:moons",
            judge: Judge::SlicedWasserstein,
        }
    }
}
