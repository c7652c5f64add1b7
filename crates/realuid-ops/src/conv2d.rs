use candle_core::{Shape, Tensor};

use crate::Result;
use crate::conv_geometry::Geometry;
use crate::conv_products::{convolve, input_gradient, weight_gradient};
use crate::element::Element;
use crate::error::argument;
use crate::kernel::{Backward, Kernel, apply2, apply3};
use crate::sums::channel_sums;

/// Geometry of a two-dimensional convolution, the same in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dConfig {
    /// Distance between output positions, in input pixels; at least 1.
    pub stride: usize,
    /// Zeros added on every side, in pixels.
    pub padding: usize,
}

impl Default for Conv2dConfig {
    fn default() -> Self {
        Self { stride: 1, padding: 0 }
    }
}

/// Cross-correlation of `x` [B, C, H, W] with `weight` [O, C, K, K], plus `bias` `[O]` -> [B, O, H', W'],
/// where H' = (H + 2 padding - K) / stride + 1, rounded down.
pub fn conv2d(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    config: Conv2dConfig,
) -> Result<Tensor> {
    let kernel = Convolution(Geometry::new(x.dims(), weight.dims(), config)?);
    let Some(bias) = bias else { return apply2(kernel, x, weight) };
    if bias.dims() != [kernel.0.filters] {
        let expected = format!("a bias [{}]", kernel.0.filters);
        return Err(argument("conv2d", expected, format!("{:?}", bias.dims())));
    }
    apply3(kernel, [x, weight, bias])
}

struct Convolution(Geometry);

impl Convolution {
    fn shape(&self) -> Shape {
        let g = &self.0;
        (g.batch, g.filters, g.out_height, g.out_width).into()
    }

    fn gradients<T: Element>(
        &self,
        [x, weight]: [&[T]; 2],
        gradient: &[T],
        wanted: [bool; 2],
    ) -> [Option<Vec<T>>; 2] {
        [
            wanted[0].then(|| input_gradient(gradient, weight, &self.0)),
            wanted[1].then(|| weight_gradient(x, gradient, &self.0)),
        ]
    }
}

impl Kernel<2> for Convolution {
    const NAME: &'static str = "conv2d";

    fn output(&self) -> Shape {
        self.shape()
    }

    fn forward<T: Element>(&self, [x, weight]: [&[T]; 2]) -> Vec<T> {
        convolve(x, weight, None, &self.0)
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 2>) -> [Option<Vec<T>>; 2] {
        self.gradients(pass.inputs, pass.gradient, pass.wanted)
    }
}

impl Kernel<3> for Convolution {
    const NAME: &'static str = "conv2d";

    fn output(&self) -> Shape {
        self.shape()
    }

    fn forward<T: Element>(&self, [x, weight, bias]: [&[T]; 3]) -> Vec<T> {
        convolve(x, weight, Some(bias), &self.0)
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 3>) -> [Option<Vec<T>>; 3] {
        let ([x, weight, _], [for_x, for_weight, for_bias]) = (pass.inputs, pass.wanted);
        let [gx, gw] = self.gradients([x, weight], pass.gradient, [for_x, for_weight]);
        let sums = || channel_sums(pass.gradient, self.0.filters, self.0.positions());
        [gx, gw, for_bias.then(sums)]
    }
}
