use candle_core::Tensor;

use crate::{Field, Interpolant, Prediction, Result};

/// A field of one prediction read as another, by [`Interpolant::convert`].
///
/// Samplers take a data prediction or a velocity: this makes either from what a network predicts.
pub struct Converted<'a> {
    /// The path on which the field predicts.
    pub path: &'a dyn Interpolant,
    /// The field itself.
    pub field: &'a dyn Field,
    /// What it predicts.
    pub from: Prediction,
    /// What is wanted.
    pub to: Prediction,
}

impl Field for Converted<'_> {
    fn predict(&self, x: &Tensor, t: &Tensor) -> Result<Tensor> {
        let value = self.field.predict(x, t)?;
        self.path.convert(&value, self.from, self.to, x, t)
    }
}
