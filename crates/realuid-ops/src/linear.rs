use candle_core::{D, Shape, Tensor};

use crate::Result;
use crate::element::Element;
use crate::error::argument;
use crate::kernel::{Backward, Kernel, apply2, apply3};
use crate::matrix::{Matrix, Threads, add_product, product};
use crate::sums::column_sums;

/// `x` [.., I] times `weight` [O, I] transposed, plus `bias` `[O]` -> [.., O].
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (outputs, inputs) = weight
        .dims2()
        .map_err(|_| argument("linear", "a weight [O, I]", format!("{:?}", weight.dims())))?;
    if x.rank() == 0 || x.dim(D::Minus1)? != inputs || x.elem_count() == 0 || outputs == 0 {
        let found = format!("x {:?}, weight {:?}", x.dims(), weight.dims());
        return Err(argument("linear", format!("a non-empty x [.., {inputs}]"), found));
    }
    let mut dims = x.dims().to_vec();
    dims[x.rank() - 1] = outputs;
    let kernel = Linear { rows: x.elem_count() / inputs, inputs, outputs, shape: dims.into() };
    let Some(bias) = bias else { return apply2(kernel, x, weight) };
    if bias.dims() != [outputs] {
        let found = format!("{:?}", bias.dims());
        return Err(argument("linear", format!("a bias [{outputs}]"), found));
    }
    apply3(kernel, [x, weight, bias])
}

struct Linear {
    rows: usize,
    inputs: usize,
    outputs: usize,
    shape: Shape,
}

impl Linear {
    fn gradients<T: Element>(
        &self,
        [x, weight]: [&[T]; 2],
        gradient: &[T],
        wanted: [bool; 2],
    ) -> [Option<Vec<T>>; 2] {
        let gradient = Matrix::new(gradient, self.rows, self.outputs);
        let for_x = wanted[0].then(|| {
            let mut out = vec![T::zero(); x.len()];
            let weight = Matrix::new(weight, self.outputs, self.inputs);
            product(&mut out, gradient, weight, Threads::All);
            out
        });
        let for_weight = wanted[1].then(|| {
            let mut out = vec![T::zero(); weight.len()];
            let x = Matrix::new(x, self.rows, self.inputs);
            product(&mut out, gradient.transposed(), x, Threads::All);
            out
        });
        [for_x, for_weight]
    }
}

impl Kernel<2> for Linear {
    const NAME: &'static str = "linear";

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x, weight]: [&[T]; 2]) -> Vec<T> {
        let mut out = vec![T::zero(); self.rows * self.outputs];
        let x = Matrix::new(x, self.rows, self.inputs);
        let weight = Matrix::new(weight, self.outputs, self.inputs).transposed();
        product(&mut out, x, weight, Threads::All);
        out
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 2>) -> [Option<Vec<T>>; 2] {
        self.gradients(pass.inputs, pass.gradient, pass.wanted)
    }
}

impl Kernel<3> for Linear {
    const NAME: &'static str = "linear";

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x, weight, bias]: [&[T]; 3]) -> Vec<T> {
        let mut out = bias.repeat(self.rows);
        let x = Matrix::new(x, self.rows, self.inputs);
        let weight = Matrix::new(weight, self.outputs, self.inputs).transposed();
        add_product(&mut out, x, weight, Threads::All);
        out
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 3>) -> [Option<Vec<T>>; 3] {
        let ([x, weight, _], [for_x, for_weight, for_bias]) = (pass.inputs, pass.wanted);
        let [gx, gw] = self.gradients([x, weight], pass.gradient, [for_x, for_weight]);
        [gx, gw, for_bias.then(|| column_sums(pass.gradient, self.outputs))]
    }
}
