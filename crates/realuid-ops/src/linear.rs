use std::sync::Arc;

use candle_core::{Shape, Tensor};

use crate::buffer::Buffer;
use crate::element::Element;
use crate::error::argument;
use crate::products::{Linear as Sizes, LinearEpilogue, LinearInput};
use crate::sums::column_sums;
use crate::tape::{Backward, Kernel, apply};
use crate::{Result, Value};

/// `x` [.., I] times `weight` [O, I] transposed, plus `bias` `[O]` -> [.., O]. The weight may also be
/// [O, I, 1], as of a one-dimensional convolution.
pub fn linear(x: &Value, weight: &Tensor, bias: Option<&Tensor>) -> Result<Value> {
    linear_plus(x, weight, bias, None)
}

/// `linear(x, weight, bias)` plus `residual` [.., O] -> [.., O].
pub fn linear_plus(
    x: &Value,
    weight: &Tensor,
    bias: Option<&Tensor>,
    residual: Option<&Value>,
) -> Result<Value> {
    let (&[outputs, inputs] | &[outputs, inputs, 1]) = weight.dims() else {
        return Err(argument("linear", "a weight [O, I]", format!("{:?}", weight.dims())));
    };
    if x.dims().last() != Some(&inputs) || x.elem_count() == 0 || outputs == 0 {
        let found = format!("x {:?}, weight {:?}", x.dims(), weight.dims());
        return Err(argument("linear", format!("a non-empty x [.., {inputs}]"), found));
    }
    if let Some(bias) = bias.filter(|bias| bias.dims() != [outputs]) {
        let found = format!("{:?}", bias.dims());
        return Err(argument("linear", format!("a bias [{outputs}]"), found));
    }
    let mut dims = x.dims().to_vec();
    dims[x.dims().len() - 1] = outputs;
    if let Some(residual) = residual.filter(|residual| residual.dims() != dims) {
        let found = format!("{:?}", residual.dims());
        return Err(argument("linear", format!("a residual {dims:?}"), found));
    }
    let sizes = Sizes { rows: x.elem_count() / inputs, inputs, outputs };
    let (weight, bias) = (x.join(weight)?, bias.map(|bias| x.join(bias)).transpose()?);
    apply(Linear { sizes, shape: dims.into() }, [Some(x), Some(&weight), bias.as_ref(), residual])
}

/// Inputs x, weight, bias, residual.
pub(crate) struct Linear {
    pub sizes: Sizes,
    shape: Shape,
}

impl Linear {
    fn input<'a, T>(&self, values: &'a [T]) -> LinearInput<'a, T> {
        LinearInput { values, stride: self.sizes.inputs }
    }
}

impl Kernel<4> for Linear {
    const NAME: &'static str = "linear";
    const KEEPS: [bool; 4] = [true, true, false, false];

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x, weight, bias, residual]: [&[T]; 4], out: &mut [T]) {
        let given = |values| Some(values).filter(|values: &&[T]| !values.is_empty());
        let epilogue = LinearEpilogue {
            bias: given(bias),
            rows_per_bias: self.sizes.rows,
            residual: given(residual),
        };
        self.sizes.forward(self.input(x), weight, epilogue, out);
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 4>) -> [Option<Arc<Buffer<T>>>; 4] {
        let [x, weight, ..] = pass.inputs;
        let [for_x, for_weight, for_bias, for_residual] = pass.wanted;
        let for_x = for_x.then(|| {
            let mut out = Buffer::stale(x.len());
            self.sizes.input_gradient(&pass.gradient, weight, &mut out);
            Arc::new(out)
        });
        let for_weight = for_weight.then(|| {
            let mut out = Buffer::stale(weight.len());
            self.sizes.weight_gradient(self.input(x), &pass.gradient, &mut out);
            Arc::new(out)
        });
        let sums = || Arc::new(column_sums(&pass.gradient, self.sizes.outputs));
        let for_bias = for_bias.then(sums);
        [for_x, for_weight, for_bias, for_residual.then_some(pass.gradient)]
    }
}
