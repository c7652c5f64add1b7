use candle_core::Tensor;

use crate::pairwise::{map_blocks, squared_distance};
use crate::rows::{Rows, read_sets};
use crate::{Error, Result};

/// Fidelity (precision, density) and diversity (recall, coverage) of generated samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prdc {
    /// Share of generated samples inside the ball of at least one real sample.
    pub precision: f64,
    /// Share of real samples inside the ball of at least one generated sample.
    pub recall: f64,
    /// Real balls that hold a generated sample, on average, divided by k; may exceed 1.
    pub density: f64,
    /// Share of real samples whose ball holds at least one generated sample.
    pub coverage: f64,
}

/// Precision, recall, density and coverage of `generated` [M, D] against `real` [N, D].
///
/// The ball of a sample reaches to its `k`-th nearest neighbour in its own set, itself not counted, and
/// is open: a point at exactly that distance is outside. 1 <= k < min(N, M). Time O((N + M)^2 D).
///
/// Naeem et al., "Reliable fidelity and diversity metrics for generative models" (2020), equations 1 to
/// 6; precision and recall after Kynkäänniemi et al. (2019).
pub fn prdc(real: &Tensor, generated: &Tensor, k: usize) -> Result<Prdc> {
    let operation = "PRDC";
    let (real, generated) = read_sets(operation, ("real", real), ("generated", generated))?;
    let smallest = real.count.min(generated.count);
    if k == 0 || k >= smallest {
        return Err(Error::Argument {
            operation,
            argument: "k",
            expected: format!("from 1 to {}, one less than the smaller set", smallest - 1),
            found: k.to_string(),
            advice: "draw more samples or ask for fewer neighbours (the paper takes 5)",
        });
    }
    let real_radii = squared_radii(&real, k);
    let generated_radii = squared_radii(&generated, k);
    let counts = map_blocks(&real, &generated, squared_distance, |block| {
        let mut counts = Counts::new(generated.count);
        for (i, distances) in block.iter() {
            counts.add_real(distances, real_radii[i], &generated_radii);
        }
        counts
    });
    let total = counts.into_iter().fold(Counts::new(generated.count), Counts::plus);
    let (n, m) = (real.count as f64, generated.count as f64);
    Ok(Prdc {
        precision: total.inside.iter().filter(|&&inside| inside).count() as f64 / m,
        recall: total.recalled as f64 / n,
        density: total.balls as f64 / (k as f64 * m),
        coverage: total.covered as f64 / n,
    })
}

/// Squared distance from each sample to its k-th nearest other sample.
fn squared_radii(x: &Rows, k: usize) -> Vec<f64> {
    let blocks = map_blocks(x, x, squared_distance, |mut block| {
        // Position 0 of the sorted row is the sample itself, at distance 0.
        let radius =
            |(_, row): (usize, &mut [f64])| *row.select_nth_unstable_by(k, f64::total_cmp).1;
        block.iter_mut().map(radius).collect::<Vec<_>>()
    });
    blocks.concat()
}

/// What some real samples say about all generated ones.
struct Counts {
    /// Per generated sample: is it in the ball of one of these real samples?
    inside: Vec<bool>,
    /// Pairs in which the generated sample is in the ball of the real one.
    balls: usize,
    /// Real samples in the ball of a generated one.
    recalled: usize,
    /// Real samples whose ball holds a generated one.
    covered: usize,
}

impl Counts {
    fn new(generated: usize) -> Self {
        Self { inside: vec![false; generated], balls: 0, recalled: 0, covered: 0 }
    }

    fn add_real(&mut self, distances: &[f64], radius: f64, generated_radii: &[f64]) {
        let before = self.balls;
        for (inside, &distance) in self.inside.iter_mut().zip(distances) {
            if distance < radius {
                *inside = true;
                self.balls += 1;
            }
        }
        self.covered += usize::from(self.balls > before);
        self.recalled += usize::from(distances.iter().zip(generated_radii).any(|(d, r)| d < r));
    }

    fn plus(mut self, other: Self) -> Self {
        for (mine, theirs) in self.inside.iter_mut().zip(other.inside) {
            *mine |= theirs;
        }
        self.balls += other.balls;
        self.recalled += other.recalled;
        self.covered += other.covered;
        self
    }
}
