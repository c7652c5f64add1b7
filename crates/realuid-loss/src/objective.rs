use candle_core::Tensor;

use crate::Result;

/// What the networks say at one batch of points x_t, and what they should have said.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Prediction of the frozen teacher, [B, ..]; may be absent from a fake model's step that
    /// [does not need it](Objective::fake_needs_teacher).
    pub teacher: Option<Tensor>,
    /// Prediction of the fake model, [B, ..].
    pub fake: Tensor,
    /// Regression target of the points, [B, ..]: the path's target for the ends x_t was made of.
    pub target: Tensor,
}

/// Everything an objective looks at in one step.
#[derive(Clone, Debug)]
pub struct Branches {
    /// At points made from generated samples.
    pub generated: Branch,
    /// At points made from real samples, with the same source noise and times as `generated`.
    pub real: Option<Branch>,
    /// Weight w(t) of each item, `[B]`, shared by the branches; 1 if absent.
    pub weight: Option<Tensor>,
}

/// A loss to minimise, with the terms it is the sum of.
#[derive(Clone, Debug)]
pub struct Loss {
    /// The scalar to differentiate.
    pub total: Tensor,
    /// Named scalar terms for logs, without gradient; they add up to `total`.
    pub terms: Vec<(&'static str, Tensor)>,
}

/// The two sides of a min-max problem between a generator and a fake model.
pub trait Objective {
    /// Whether the gradient of the fake model's step depends on the teacher. If not, branches without
    /// one give the same gradient, and a loss that lacks what the teacher alone adds to it.
    fn fake_needs_teacher(&self) -> bool;

    /// The loss of the fake model's step: a scalar with a gradient to the fake model alone.
    fn fake_loss(&self, branches: &Branches) -> Result<Loss>;

    /// The loss of the generator's step: a scalar with a gradient to all predictions and targets of
    /// the generated branch, through which it reaches the generator.
    fn generator_loss(&self, branches: &Branches) -> Result<Loss>;
}

impl Loss {
    /// The sum of `terms`, each a scalar.
    pub(crate) fn sum_of(terms: Vec<(&'static str, Tensor)>) -> Result<Self> {
        let mut total: Option<Tensor> = None;
        for (_, term) in &terms {
            total = Some(match total {
                None => term.clone(),
                Some(sum) => (sum + term)?,
            });
        }
        let total = total.expect("an objective has a term");
        // The copies are for logs: they must not keep the graph of the step alive.
        let terms = terms.into_iter().map(|(name, term)| (name, term.detach())).collect();
        Ok(Self { total, terms })
    }

    /// This loss and `other` added, the terms of both kept.
    pub fn plus(mut self, other: Self) -> Result<Self> {
        self.total = (self.total + other.total)?;
        self.terms.extend(other.terms);
        Ok(self)
    }
}
