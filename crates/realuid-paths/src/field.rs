use candle_core::Tensor;

use crate::Result;

/// A prediction at every point and time: a network with its condition already bound, or a formula.
///
/// Closures `|x: &Tensor, t: &Tensor| -> Result<Tensor>` are fields, and so are `&dyn Field` and
/// `Box<dyn Field>`; any other error goes through [`Error::field`](crate::Error::field).
pub trait Field {
    /// The prediction at the points `x` [B, ..] and native times `t` `[B]`, of the shape of `x`.
    fn predict(&self, x: &Tensor, t: &Tensor) -> Result<Tensor>;
}

impl<F: Fn(&Tensor, &Tensor) -> Result<Tensor>> Field for F {
    fn predict(&self, x: &Tensor, t: &Tensor) -> Result<Tensor> {
        self(x, t)
    }
}

impl Field for &(dyn Field + '_) {
    fn predict(&self, x: &Tensor, t: &Tensor) -> Result<Tensor> {
        (**self).predict(x, t)
    }
}

impl Field for Box<dyn Field + '_> {
    fn predict(&self, x: &Tensor, t: &Tensor) -> Result<Tensor> {
        (**self).predict(x, t)
    }
}
