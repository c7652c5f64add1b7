use candle_core::{D, Shape, Tensor};

use crate::Result;
use crate::element::Element;
use crate::error::argument;
use crate::kernel::{Backward, Kernel, apply1};
use crate::parallel::{chunks, lane_sum, vectorised};

/// Softmax over the last axis, any shape. A row of which all elements are -inf gives NaN.
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    if x.rank() == 0 || x.elem_count() == 0 {
        let found = format!("{:?}", x.dims());
        return Err(argument("softmax", "a non-empty tensor with at least one axis", found));
    }
    apply1(Softmax { columns: x.dim(D::Minus1)?, shape: x.shape().clone() }, x)
}

/// Replaces a row of scores by its softmax.
pub(crate) fn softmax_row<T: Element>(row: &mut [T]) {
    vectorised(|| {
        let max = row.iter().fold(row[0], |max, x| max.larger(*x));
        for x in row.iter_mut() {
            *x = (*x - max).exp();
        }
        let scale = T::from_f64(1.0 / lane_sum(row.len(), |i| row[i]));
        for x in row.iter_mut() {
            *x *= scale;
        }
    });
}

/// Replaces the gradient of a softmax row `p` by the gradient of its scores: p (g - <p, g>).
pub(crate) fn softmax_row_backward<T: Element>(p: &[T], gradient: &mut [T]) {
    vectorised(|| {
        let mean = T::from_f64(lane_sum(p.len(), |i| p[i] * gradient[i]));
        for (g, p) in gradient.iter_mut().zip(p) {
            *g = *p * (*g - mean);
        }
    });
}

struct Softmax {
    columns: usize,
    shape: Shape,
}

impl Kernel<1> for Softmax {
    const NAME: &'static str = "softmax";

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1]) -> Vec<T> {
        let mut out = vec![T::zero(); x.len()];
        chunks(&mut out, self.columns, self.columns * 8, |row, out| {
            out.copy_from_slice(&x[row * self.columns..][..self.columns]);
            softmax_row(out);
        });
        out
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 1>) -> [Option<Vec<T>>; 1] {
        let x = pass.inputs[0];
        let mut out = pass.gradient.to_vec();
        chunks(&mut out, self.columns, self.columns * 10, |row, out| {
            let mut p = x[row * self.columns..][..self.columns].to_vec();
            softmax_row(&mut p);
            softmax_row_backward(&p, out);
        });
        [Some(out)]
    }
}
