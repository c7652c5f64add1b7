use std::sync::{Arc, OnceLock};

use candle_core::Shape;

use super::algorithm::Algorithm;
use super::{Epilogue, Prologue, Resolution, Source};
use crate::buffer::Buffer;
use crate::element::Element;
use crate::norm::{Affine, Learned, Moments, NormGradients, Silu, Sizes};
use crate::sums::{column_sums, image_sums};
use crate::tape::{Backward, Kernel};

/// A convolution with its neighbours. Inputs: x, weight, bias, weight and bias of the norm,
/// modulation, value per image, residual.
pub(crate) struct FusedConvolution {
    pub algorithm: Algorithm,
    pub resolution: Resolution,
    pub norm: Option<Norm>,
}

/// The normalisation ahead of a convolution.
pub(crate) struct Norm {
    pub sizes: Sizes,
    pub eps: f64,
    moments: OnceLock<Moments>,
}

impl Norm {
    pub fn new(sizes: Sizes, eps: f64) -> Self {
        Self { sizes, eps, moments: OnceLock::new() }
    }

    /// Scale and shift [B, C] that do what the normalisation does to `x`.
    fn fold<T: Element>(&self, x: &[T], learned: Learned<'_, T>) -> (Vec<T>, Vec<T>) {
        let moments = self.moments.get_or_init(|| Moments::of(x, self.sizes, self.eps));
        Affine::new(moments, learned, self.sizes).folded()
    }
}

impl Kernel<8> for FusedConvolution {
    const NAME: &'static str = "conv2d";
    const KEEPS: [bool; 8] = [true, true, false, true, true, true, false, false];

    fn output(&self) -> Shape {
        let g = &self.algorithm.geometry;
        (g.batch, g.out_height, g.out_width, g.filters).into()
    }

    fn forward<T: Element>(&self, inputs: [&[T]; 8], out: &mut [T]) {
        let [x, weight, bias, norm_weight, norm_bias, modulation, per_image, residual] = inputs;
        let learned = Learned { weight: norm_weight, bias: norm_bias, modulation };
        let folded = self.norm.as_ref().map(|norm| norm.fold(x, learned));
        let given = |values| Some(values).filter(|values: &&[T]| !values.is_empty());
        let epilogue =
            Epilogue { bias: given(bias), per_image: given(per_image), residual: given(residual) };
        self.algorithm.forward(self.source(x, folded.as_ref()), weight, epilogue, out);
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 8>) -> [Option<Arc<Buffer<T>>>; 8] {
        let [x, weight, _, norm_weight, norm_bias, modulation, ..] = pass.inputs;
        let [for_x, for_weight, for_bias, for_norm @ .., for_image, for_residual] = pass.wanted;
        let learned = Learned { weight: norm_weight, bias: norm_bias, modulation };
        let folded = self.norm.as_ref().map(|norm| norm.fold(x, learned));
        let source = self.source(x, folded.as_ref());
        let for_weight = for_weight.then(|| {
            let mut out = Buffer::stale(weight.len());
            self.algorithm.weight_gradient(source, &pass.gradient, &mut out);
            Arc::new(out)
        });
        let wanted = [for_x, for_norm[0], for_norm[1], for_norm[2]];
        let mut inputs = [const { None }; 4];
        if wanted.contains(&true) {
            let mut out = Buffer::stale(x.len());
            self.algorithm.input_gradient(&pass.gradient, weight, self.resolution, &mut out);
            let out = Arc::new(out);
            inputs = match &self.norm {
                None => [Some(out), None, None, None],
                Some(norm) => {
                    let moments = norm.moments.get().expect("the forward pass came first");
                    let norm = NormGradients { moments, learned, sizes: norm.sizes };
                    norm.backward::<Silu>(x, out, wanted)
                }
            };
        }
        let [for_bias, for_image] = self.sums(&pass.gradient, for_bias, for_image);
        let [for_x, norm_weight, norm_bias, modulation] = inputs;
        let for_residual = for_residual.then_some(pass.gradient);
        [for_x, for_weight, for_bias, norm_weight, norm_bias, modulation, for_image, for_residual]
    }
}

impl FusedConvolution {
    fn source<'a, T>(
        &self,
        values: &'a [T],
        folded: Option<&'a (Vec<T>, Vec<T>)>,
    ) -> Source<'a, T> {
        let prologue = folded.map(|(scale, shift)| Prologue { scale, shift });
        Source { values, prologue, resolution: self.resolution }
    }

    /// The gradients of the bias and of the value per image.
    fn sums<T: Element>(
        &self,
        gradient: &[T],
        for_bias: bool,
        for_image: bool,
    ) -> [Option<Arc<Buffer<T>>>; 2] {
        if !for_bias && !for_image {
            return [None, None];
        }
        let geometry = &self.algorithm.geometry;
        let filters = geometry.filters;
        let per_image = image_sums(gradient, geometry.pixels_out(), filters);
        let bias = for_bias.then(|| Arc::new(column_sums(&per_image, filters)));
        [bias, for_image.then(|| Arc::new(per_image))]
    }
}
