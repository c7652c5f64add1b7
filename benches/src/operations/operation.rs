use std::rc::Rc;

use anyhow::{Result, ensure};
use candle_core::{
    CpuStorage, CustomOp1, Layout, Result as CandleResult, Shape, Tensor, Var, WithDType,
};

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

type Apply = dyn Fn(&[Tensor]) -> Result<Tensor>;

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
    /// The result, then the gradients of all inputs for a given gradient of the result.
    Training,
}

impl Operation {
    /// `apply` to standard normal values of the given shapes; `forward` is the cost of that.
    pub fn new(
        name: &'static str,
        shapes: &[&[usize]],
        forward: Cost,
        apply: impl Fn(&[Tensor]) -> Result<Tensor> + 'static,
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
        let mut variables = Vec::new();
        let mut inputs = Vec::new();
        for input in &self.inputs {
            let values = input.values()?;
            if input.wanted {
                let variable = Var::from_tensor(&values)?;
                inputs.push(variable.as_tensor().clone());
                variables.push(variable);
            } else {
                inputs.push(values);
            }
        }
        let apply = Rc::clone(&self.apply);
        let gradient = unet::normal("benchmark gradient", apply(&inputs)?.dims())?;
        Ok(Box::new(move || {
            let start = UpstreamGradient { gradient: gradient.clone() };
            let gradients = apply(&inputs)?.apply_op1(start)?.backward()?;
            let complete = variables.iter().all(|variable| gradients.get(variable).is_some());
            ensure!(complete, "expected a gradient of every input");
            Ok(())
        }))
    }

    fn forward(&self) -> Result<Execution> {
        let inputs = self.inputs.iter().map(Input::values).collect::<Result<Vec<_>>>()?;
        let apply = Rc::clone(&self.apply);
        Ok(Box::new(move || {
            apply(&inputs)?;
            Ok(())
        }))
    }
}

impl Input {
    fn values(&self) -> Result<Tensor> {
        unet::normal("benchmark input", &self.shape)
    }
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

/// A scalar whose gradient with respect to its input is the given one: a loss that costs nothing.
struct UpstreamGradient {
    gradient: Tensor,
}

impl CustomOp1 for UpstreamGradient {
    fn name(&self) -> &'static str {
        "upstream-gradient"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> CandleResult<(CpuStorage, Shape)> {
        Ok((f32::to_cpu_storage_owned(vec![0.0]), Shape::from(())))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, _: &Tensor) -> CandleResult<Option<Tensor>> {
        Ok(Some(self.gradient.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_computes_the_gradients_that_are_wanted() {
        let scale = Operation::new("scale", &[&[2, 3], &[2, 3]], Cost::flops(6.0), |inputs| {
            Ok((&inputs[0] * &inputs[1])?)
        });
        let both = scale.clone().workload(Pass::Training);
        let one = scale.of_data().workload(Pass::Training);
        assert_eq!((both.cost().flops, one.cost().flops), (Some(18.0), Some(12.0)));
        assert_eq!(both.name(), "ops/scale/training");
        both.prepare().unwrap()().unwrap();
        one.prepare().unwrap()().unwrap();
    }

    #[test]
    fn a_gradient_that_is_missing_is_an_error() {
        let constant =
            Operation::new("constant", &[&[2]], Cost::default(), |inputs| Ok(inputs[0].detach()));
        assert!(constant.workload(Pass::Training).prepare().unwrap()().is_err());
    }

    #[test]
    fn the_loss_hands_its_gradient_on() {
        let x = Var::from_slice(&[1_f32, 2.0], 2, &candle_core::Device::Cpu).unwrap();
        let gradient = Tensor::new(&[3_f32, -4.0], &candle_core::Device::Cpu).unwrap();
        let loss = x.apply_op1(UpstreamGradient { gradient }).unwrap();
        let gradients = loss.backward().unwrap();
        assert_eq!(gradients.get(&x).unwrap().to_vec1::<f32>().unwrap(), [3.0, -4.0]);
    }
}
