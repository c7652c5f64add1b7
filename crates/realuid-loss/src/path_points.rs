use candle_core::Tensor;
use realuid_paths::{Ends, Heads, Interpolant, PredictionChange};

use crate::{Branch, Result};

/// A batch of points of a path and the ends they were made of: all that is needed to take a loss in
/// another prediction than the networks make.
#[derive(Clone, Copy)]
pub struct PathPoints<'a> {
    /// The path.
    pub path: &'a dyn Interpolant,
    /// The ends.
    pub ends: &'a Ends,
    /// The points of the path, [B, ..].
    pub x: &'a Tensor,
    /// Their native times, `[B]`.
    pub t: &'a Tensor,
}

impl PathPoints<'_> {
    /// The branch of an objective in the prediction `change.to`: the outputs `teacher` and `fake`
    /// [B, ..], in `change.from`, converted at the points, beside the path's own target. Either may be
    /// several [`Heads`] side by side, whose errors add up in the loss.
    ///
    /// For a Gaussian path with g = A x_t + B f, A and B functions of the time, an objective with
    /// gamma = beta (UID among them) is worth in g B^2 times what it is worth in f, item by item
    /// (ours): there the choice of the prediction is a weight B^2, and with other coefficients it is a
    /// choice of its own. Gradients flow through the conversion into points, outputs and target.
    ///
    /// Fails where the path does not determine the conversion
    /// ([`PredictionChange::apply`]).
    pub fn branch<P: Into<Heads>>(
        &self,
        teacher: Option<&Tensor>,
        fake: &Tensor,
        change: PredictionChange<P>,
    ) -> Result<Branch> {
        let Self { path, ends, x, t } = *self;
        let change = PredictionChange { from: change.from.into(), to: change.to.into() };
        let converted = |value: &Tensor| change.apply(path, value, x, t);
        Ok(Branch {
            teacher: teacher.map(converted).transpose()?,
            fake: converted(fake)?,
            target: change.to.target(path, ends, t)?,
        })
    }
}
