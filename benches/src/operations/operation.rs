use std::rc::Rc;

use anyhow::{Result, ensure};
use candle_core::{Tensor, Var};
use realuid_ops::{Tape, Value, add};

use crate::cost::Cost;
use crate::unet;
use crate::workload::{Execution, Workload};

/// An operation at one size.
#[derive(Clone)]
pub struct Operation {
    name: &'static str,
    inputs: Vec<Input>,
    forward: Cost,
    apply: Rc<Apply>,
}

/// What an operation does with its inputs on a tape.
type Apply = dyn Fn(&Tape, &[Tensor]) -> Result<Value>;

/// An argument of an operation.
#[derive(Clone)]
pub struct Input {
    shape: Vec<usize>,
    /// Whether training wants its gradient.
    wanted: bool,
}

/// What is measured of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// The result alone, of inputs that nobody differentiates.
    Forward,
    /// The result, then the gradients of all wanted inputs for a given gradient of the result.
    Training,
}

impl Operation {
    /// `apply` to standard normal values of the given shapes; `forward` is the cost of that.
    pub fn new(
        name: &'static str,
        shapes: &[&[usize]],
        forward: Cost,
        apply: impl Fn(&Tape, &[Tensor]) -> Result<Value> + 'static,
    ) -> Self {
        let input = |shape: &&[usize]| Input { shape: shape.to_vec(), wanted: true };
        Self { name, inputs: shapes.iter().map(input).collect(), forward, apply: Rc::new(apply) }
    }

    /// The same, where the first input is data whose gradient is not wanted.
    #[must_use]
    pub fn of_data(mut self) -> Self {
        self.inputs[0].wanted = false;
        self
    }

    /// One of its passes as a workload.
    pub fn workload(&self, pass: Pass) -> Box<dyn Workload> {
        Box::new(Measured { operation: self.clone(), pass })
    }

    fn training(&self) -> Result<Execution> {
        let inputs = self.inputs.iter().map(Input::variable).collect::<Result<Vec<_>>>()?;
        let wanted = self.inputs.iter().filter(|input| input.wanted).count();
        let apply = Rc::clone(&self.apply);
        let gradient = gradient(apply(&Tape::new(), &inputs)?.dims())?;
        Ok(Box::new(move || {
            let tape = Tape::new();
            let y = apply(&tape, &inputs)?;
            let gradients = tape.differentiate(&y, &gradient)?;
            let found = gradients.iter().flatten().count();
            ensure!(found == wanted, "expected gradients of {wanted} inputs, found {found}");
            Ok(())
        }))
    }

    fn forward(&self) -> Result<Execution> {
        let inputs = self.inputs.iter().map(Input::values).collect::<Result<Vec<_>>>()?;
        let apply = Rc::clone(&self.apply);
        Ok(Box::new(move || {
            apply(&Tape::new(), &inputs)?;
            Ok(())
        }))
    }
}

impl Input {
    fn values(&self) -> Result<Tensor> {
        unet::normal("benchmark input", &self.shape)
    }

    /// The values; differentiable if their gradient is wanted.
    fn variable(&self) -> Result<Tensor> {
        let values = self.values()?;
        Ok(if self.wanted { Var::from_tensor(&values)?.into_inner() } else { values })
    }
}

/// The gradient of a result. As inside a network it comes from another operation, so it is where a
/// tape needs it and is not copied from candle's memory.
fn gradient(shape: &[usize]) -> Result<Value> {
    let half = Tape::new().input(&unet::normal("benchmark gradient", shape)?)?;
    Ok(add(&half, &half)?)
}

struct Measured {
    operation: Operation,
    pass: Pass,
}

impl Workload for Measured {
    fn name(&self) -> String {
        let pass = match self.pass {
            Pass::Forward => "forward",
            Pass::Training => "training",
        };
        format!("ops/{}/{pass}", self.operation.name)
    }

    fn cost(&self) -> Cost {
        let forward = self.operation.forward;
        if self.pass == Pass::Forward {
            return forward;
        }
        // A product has one gradient for each operand, each as costly as the product.
        let products = if self.operation.inputs[0].wanted { 3.0 } else { 2.0 };
        Cost {
            flops: forward.flops.map(|flops| flops * products),
            // Forward, x is read and y written; then x and the gradient of y are read, and that of x
            // is written.
            bytes: forward.bytes.map(|bytes| bytes * 2.5),
        }
    }

    fn prepare(&self) -> Result<Execution> {
        match self.pass {
            Pass::Forward => self.operation.forward(),
            Pass::Training => self.operation.training(),
        }
    }
}

#[cfg(test)]
mod tests {
    use realuid_ops::linear;

    use super::*;

    #[test]
    fn training_computes_the_gradients_that_are_wanted() {
        let shapes: [&[usize]; 2] = [&[2, 3], &[4, 3]];
        let map = Operation::new("map", &shapes, Cost::flops(6.0), |tape, inputs| {
            Ok(linear(&tape.input(&inputs[0])?, &inputs[1], None)?)
        });
        let both = map.clone().workload(Pass::Training);
        let one = map.of_data().workload(Pass::Training);
        assert_eq!((both.cost().flops, one.cost().flops), (Some(18.0), Some(12.0)));
        assert_eq!(both.name(), "ops/map/training");
        both.prepare().unwrap()().unwrap();
        one.prepare().unwrap()().unwrap();
    }

    #[test]
    fn a_gradient_that_is_missing_is_an_error() {
        let constant = Operation::new("constant", &[&[2]], Cost::default(), |tape, inputs| {
            Ok(tape.input(&inputs[0].detach())?)
        });
        assert!(constant.workload(Pass::Training).prepare().unwrap()().is_err());
    }
}
