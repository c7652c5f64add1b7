use candle_core::{Shape, Tensor};

use crate::Result;
use crate::element::Element;
use crate::error::argument;
use crate::kernel::{Backward, Kernel, apply2};
use crate::parallel::{chunks, vectorised};
use crate::sums::row_sum;

/// `x` [B, C, ...] plus `e` [B, C] repeated over the trailing axes -> the shape of `x`.
///
/// How the embedding of time and class enters a residual block (Ho et al. 2020).
pub fn add_channels(x: &Tensor, e: &Tensor) -> Result<Tensor> {
    let fits = x.rank() >= 2 && e.dims() == &x.dims()[..2] && x.elem_count() > 0;
    if !fits {
        let found = format!("x {:?}, e {:?}", x.dims(), e.dims());
        return Err(argument("add_channels", "a non-empty x [B, C, ...] and e [B, C]", found));
    }
    let length = x.elem_count() / e.elem_count();
    apply2(AddChannels { length, shape: x.shape().clone() }, x, e)
}

struct AddChannels {
    length: usize,
    shape: Shape,
}

impl Kernel<2> for AddChannels {
    const NAME: &'static str = "add_channels";

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x, e]: [&[T]; 2]) -> Vec<T> {
        let mut out = vec![T::zero(); x.len()];
        chunks(&mut out, self.length, self.length, |row, out| {
            let (x, e) = (&x[row * self.length..][..self.length], e[row]);
            vectorised(|| out.iter_mut().zip(x).for_each(|(out, x)| *out = *x + e));
        });
        out
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 2>) -> [Option<Vec<T>>; 2] {
        let gradient = pass.gradient;
        let for_e = pass.wanted[1].then(|| {
            let mut out = vec![T::zero(); gradient.len() / self.length];
            chunks(&mut out, 1, self.length, |row, out| {
                out[0] = T::from_f64(row_sum(&gradient[row * self.length..][..self.length]));
            });
            out
        });
        [pass.wanted[0].then(|| gradient.to_vec()), for_e]
    }
}
