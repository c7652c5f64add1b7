use candle_core::Tensor;

use crate::{Error, Result};

/// Where a stochastic sampler gets its noise; there is no random state in this crate.
///
/// Closures `|step, like| -> Result<Tensor>` are noise. To make the samples of one item independent
/// of its batch, draw each item from a stream of its own.
pub trait Noise {
    /// Standard normal values of the shape, dtype and device of `like`, for the step numbered `step`
    /// (from 0); at most once a step.
    fn normal(&mut self, step: usize, like: &Tensor) -> Result<Tensor>;
}

impl<F: FnMut(usize, &Tensor) -> Result<Tensor>> Noise for F {
    fn normal(&mut self, step: usize, like: &Tensor) -> Result<Tensor> {
        self(step, like)
    }
}

/// The noise of a sampler that needs none: an error if it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoNoise;

impl Noise for NoNoise {
    fn normal(&mut self, _: usize, _: &Tensor) -> Result<Tensor> {
        Err(Error::argument(
            "sampling",
            "a deterministic sampler, or noise for a stochastic one",
            "a stochastic sampler without noise; draw it from a random stream",
        ))
    }
}
