use candle_core::{DType, Tensor};
use realuid_ops::{Value, cast, checkpoint};

use crate::{Error, Result};

/// How a network computes what its configuration describes. No part of the configuration: the same
/// parameters may be executed in any way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Execution {
    /// What activations are stored in.
    pub precision: Precision,
    /// Keeps the inputs of each residual and each attention block alone until the backward pass, which
    /// computes the blocks again (Chen et al., arXiv 1604.06174): less memory, more time, the same
    /// bits.
    pub checkpointing: bool,
}

/// What activations and the gradients between layers are stored in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// The dtype of the network's inputs.
    #[default]
    Full,
    /// bf16, on a GPU. Inputs and outputs, parameters and their gradients stay what they are, f32;
    /// features of time are computed in it, and sums within an operation too.
    Bf16,
}

impl Execution {
    /// Refuses `x` where the precision is none of its device.
    pub(crate) fn check(self, x: &Tensor) -> Result<()> {
        if self.precision == Precision::Full || x.device().is_cuda() {
            return Ok(());
        }
        Err(Error::Argument {
            operation: "forward pass of a network in bf16",
            expected: "x on a GPU; the processor computes in Precision::Full".into(),
            found: format!("x on {:?}", x.device().location()),
        })
    }

    /// `x`, an input of the first layers, as activations are stored.
    pub(crate) fn activations(self, x: &Value) -> realuid_ops::Result<Value> {
        match self.precision {
            Precision::Full => Ok(x.clone()),
            Precision::Bf16 => cast(x, DType::BF16),
        }
    }

    /// `body`, a block of the network, of its inputs.
    pub(crate) fn block(
        self,
        inputs: &[&Value],
        body: impl Fn(&[Value]) -> realuid_ops::Result<Value> + Send + 'static,
    ) -> realuid_ops::Result<Value> {
        if self.checkpointing {
            return checkpoint(inputs, body);
        }
        body(&inputs.iter().map(|&input| input.clone()).collect::<Vec<_>>())
    }
}
