use candle_core::Tensor;

use crate::broadcast::{check_items, scale_items};
use crate::{Field, GaussianPath, Prediction, PredictionChange, Result};

/// The change of coordinates between two Gaussian paths: where they have the same log-SNR, their
/// points differ by a scale alone, and their conditional means of data and noise are the same.
///
/// It lets a teacher of one framework be used on the path of another (Karras et al., arXiv
/// 2206.00364, section 2 and appendix C.1, for the way to x / sqrt(1 + sigma^2)).
#[derive(Clone, Copy)]
pub struct ChangeOfPath<'a> {
    /// The path whose points and times are given.
    pub from: &'a dyn GaussianPath,
    /// The path on which they are wanted.
    pub to: &'a dyn GaussianPath,
}

impl<'a> ChangeOfPath<'a> {
    /// The point `x` [B, ..] of `from` at its times `t` `[B]` as a point of `to` and its times there.
    ///
    /// Fails where `to` does not reach the log-SNR: a path that ends with some data left has no
    /// counterpart of pure noise.
    pub fn point(&self, x: &Tensor, t: &Tensor) -> Result<(Tensor, Tensor)> {
        const DOING: &str = "changing to another path";
        check_items(t, x, DOING)?;
        let there = self.to.time_at_log_snr(&self.from.log_snr(t)?)?;
        // Of coefficients (a, b) in one direction the lengths have the scale, at the ends as well.
        let scale = (length(self.to, &there)? / length(self.from, t)?)?;
        Ok((scale_items(&scale, x, DOING)?, there))
    }

    /// `field`, which predicts `change.from` on the path `to`, as a field of `change.to` on the path
    /// `from`.
    ///
    /// Its own conditional mean, of the data or of the noise, is carried over; a field that predicts
    /// neither is converted to the data first, with the limits of
    /// [`convert`](crate::Interpolant::convert).
    pub fn field(self, field: &'a dyn Field, change: PredictionChange) -> impl Field + 'a {
        let PredictionChange { from: predicted, to: wanted } = change;
        let carried = match predicted {
            Prediction::Source | Prediction::Score => Prediction::Source,
            _ => Prediction::Data,
        };
        move |x: &Tensor, t: &Tensor| {
            let (there, its_time) = self.point(x, t)?;
            let value = field.predict(&there, &its_time)?;
            let mean = self.to.convert(&value, predicted, carried, &there, &its_time)?;
            self.from.convert(&mean, carried, wanted, x, t)
        }
    }
}

/// sqrt(a^2 + b^2), `[B]`.
fn length(path: &dyn GaussianPath, t: &Tensor) -> Result<Tensor> {
    let k = path.coefficients(t)?;
    Ok((k.data.sqr()? + k.source.sqr()?)?.sqrt()?)
}
