use std::rc::Rc;

use anyhow::{Result, ensure};
use candle_core::{DType, Tensor, Var};
use realuid_ops::{Tape, Value, add};

use crate::cost::Cost;
use crate::place::Place;
use crate::workload::{Execution, Workload};

/// An operation at one size.
#[derive(Clone)]
pub struct Operation {
    name: &'static str,
    activations: Vec<Vec<usize>>,
    parameters: Vec<Vec<usize>>,
    /// Whether the gradient of the first input is wanted.
    first_wanted: bool,
    forward: Cost,
    apply: Rc<Apply>,
}

/// What an operation does with its activations and its parameters on a tape.
type Apply = dyn Fn(&Tape, &[Value], &[Tensor]) -> Result<Value>;

/// The tensors that an operation is applied to.
pub struct Inputs {
    activations: Vec<Tensor>,
    parameters: Vec<Tensor>,
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
    /// `apply` to standard normal activations and parameters of the given shapes; `forward` is the cost
    /// of that.
    pub fn new(
        name: &'static str,
        [activations, parameters]: [&[&[usize]]; 2],
        forward: Cost,
        apply: impl Fn(&Tape, &[Value], &[Tensor]) -> Result<Value> + 'static,
    ) -> Self {
        let owned = |shapes: &[&[usize]]| shapes.iter().map(|shape| shape.to_vec()).collect();
        Self {
            name,
            activations: owned(activations),
            parameters: owned(parameters),
            first_wanted: true,
            forward,
            apply: Rc::new(apply),
        }
    }

    /// The same, where the first input is data whose gradient is not wanted.
    #[must_use]
    pub fn of_data(mut self) -> Self {
        self.first_wanted = false;
        self
    }

    /// One of its passes as a workload.
    pub fn workload(&self, pass: Pass) -> Box<dyn Workload> {
        Box::new(Measured { operation: self.clone(), pass })
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its inputs, the same on every device; those whose gradients are wanted are variables. Activations
    /// have the place's precision, parameters are f32.
    pub fn inputs(&self, place: &Place) -> Result<Inputs> {
        let of = |shapes: &[Vec<usize>], kind, dtype: DType| -> Result<Vec<Tensor>> {
            let named = shapes.iter().enumerate();
            let draw =
                named.map(|(i, shape)| place.normal(&format!("benchmark {kind} {i}"), shape));
            draw.map(|values| Ok(Var::from_tensor(&values?.to_dtype(dtype)?)?.into_inner()))
                .collect()
        };
        let mut inputs = Inputs {
            activations: of(&self.activations, "activation", place.activations())?,
            parameters: of(&self.parameters, "parameter", DType::F32)?,
        };
        if !self.first_wanted {
            let first = inputs.activations.first_mut().or(inputs.parameters.first_mut());
            let first = first.expect("an operation has an input");
            *first = first.detach();
        }
        Ok(inputs)
    }

    /// Its result on `tape`.
    pub fn apply(&self, tape: &Tape, inputs: &Inputs) -> Result<Value> {
        let activations: Result<Vec<_>, _> =
            inputs.activations.iter().map(|x| tape.input(x)).collect();
        (self.apply)(tape, &activations?, &inputs.parameters)
    }

    fn training(self, place: &Place) -> Result<Execution> {
        let inputs = self.inputs(place)?;
        let wanted = inputs.wanted().count();
        let y = self.apply(&Tape::new(), &inputs)?;
        let gradient = gradient(y.dims(), y.dtype(), place)?;
        Ok(Box::new(move || {
            let tape = Tape::new();
            let y = self.apply(&tape, &inputs)?;
            let gradients = tape.differentiate(&y, &gradient)?;
            let found = gradients.iter().flatten().count();
            ensure!(found == wanted, "expected gradients of {wanted} inputs, found {found}");
            Ok(())
        }))
    }

    fn forward(self, place: &Place) -> Result<Execution> {
        let inputs = self.inputs(place)?.detached();
        Ok(Box::new(move || {
            self.apply(&Tape::new(), &inputs)?;
            Ok(())
        }))
    }
}

impl Inputs {
    /// Those whose gradients are wanted, activations first.
    pub fn wanted(&self) -> impl Iterator<Item = &Tensor> {
        self.activations.iter().chain(&self.parameters).filter(|input| input.is_variable())
    }

    fn detached(self) -> Self {
        let detached = |tensors: Vec<Tensor>| tensors.iter().map(Tensor::detach).collect();
        Self { activations: detached(self.activations), parameters: detached(self.parameters) }
    }
}

/// The gradient of a result. As inside a network it comes from another operation, so it is where a
/// tape needs it and is not copied from candle's memory.
fn gradient(shape: &[usize], dtype: DType, place: &Place) -> Result<Value> {
    let half = Tape::new().input(&place.normal("benchmark gradient", shape)?.to_dtype(dtype)?)?;
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
        let products = if self.operation.first_wanted { 3.0 } else { 2.0 };
        Cost {
            flops: forward.flops.map(|flops| flops * products),
            // Forward, x is read and y written; then x and the gradient of y are read, and that of x
            // is written.
            bytes: forward.bytes.map(|bytes| bytes * 2.5),
        }
    }

    fn prepare(&self, place: &Place) -> Result<Execution> {
        let operation = self.operation.clone();
        match self.pass {
            Pass::Forward => operation.forward(place),
            Pass::Training => operation.training(place),
        }
    }
}

#[cfg(test)]
mod tests {
    use realuid_ops::linear;

    use super::*;

    #[test]
    fn training_computes_the_gradients_that_are_wanted() {
        let shapes: [&[&[usize]]; 2] = [&[&[2, 3]], &[&[4, 3]]];
        let map = Operation::new("map", shapes, Cost::flops(6.0), |_, x, parameters| {
            Ok(linear(&x[0], &parameters[0], None)?)
        });
        let both = map.clone().workload(Pass::Training);
        let one = map.of_data().workload(Pass::Training);
        assert_eq!((both.cost().flops, one.cost().flops), (Some(18.0), Some(12.0)));
        assert_eq!(both.name(), "ops/map/training");
        both.prepare(&Place::cpu()).unwrap()().unwrap();
        one.prepare(&Place::cpu()).unwrap()().unwrap();
    }

    #[test]
    fn a_gradient_that_is_missing_is_an_error() {
        let shapes: [&[&[usize]]; 2] = [&[&[2]], &[&[2]]];
        let constant =
            Operation::new("constant", shapes, Cost::default(), |_, x, _| Ok(x[0].clone()));
        assert!(constant.workload(Pass::Training).prepare(&Place::cpu()).unwrap()().is_err());
    }
}
