use candle_core::Tensor;

use crate::{Field, Heads, Interpolant, Prediction, PredictionChange, Result};

/// A field read as one of another prediction, by [`PredictionChange::apply`].
///
/// Samplers take a data prediction or a velocity: this makes either from what a network predicts.
pub struct Converted<'a> {
    /// The path on which the field predicts.
    pub path: &'a dyn Interpolant,
    /// The field itself.
    pub field: &'a dyn Field,
    /// What it predicts.
    pub from: Heads,
    /// What is wanted.
    pub to: Prediction,
}

impl Field for Converted<'_> {
    fn predict(&self, x: &Tensor, t: &Tensor) -> Result<Tensor> {
        let value = self.field.predict(x, t)?;
        let change = PredictionChange { from: self.from, to: self.to.into() };
        change.apply(self.path, &value, x, t)
    }
}
