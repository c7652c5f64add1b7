//! Recorded computations: the forward pass of a network, differentiable as one operation of candle.
//!
//! candle's own graph keeps every intermediate result until the whole backward pass is over, and
//! allocates a tensor of zeros and a sum for every edge. A [`Tape`] keeps what the gradients need,
//! frees it as soon as they have it, and adds into what is already there where it can.

mod backward;
mod candle_op;
mod checkpoint;
mod data;
mod kernel;
mod recording;
mod value;

pub use checkpoint::checkpoint;
pub use recording::Tape;
pub use value::Value;

pub(crate) use backward::{Applied, Nodes, Record};
pub(crate) use candle_op::collect;
#[cfg(feature = "cuda")]
pub(crate) use data::OnDevice;
pub(crate) use data::{Data, Elements};
pub(crate) use kernel::{Backward, Kernel, apply};

use candle_core::Tensor;

use crate::Result;

/// `body` applied to `x`, as one differentiable operation of candle: a [`Tape`] for a single use.
///
/// Gradients reach `x` and every tensor that `body` joins to it.
pub fn on_tape(x: &Tensor, body: impl FnOnce(&Value) -> Result<Value>) -> Result<Tensor> {
    let tape = Tape::new();
    let y = body(&tape.input(x)?)?;
    tape.output(y)
}
