use std::sync::Arc;

use super::backward::ConvolutionBackward;
use super::epilogue::EpilogueViews;
use super::prepared::Stored;
use super::weight;
use crate::Result;
use crate::convolution::FusedConvolution;
use crate::cuda::norm::{LearnedViews, Statistics};
use crate::cuda::{Array, Context, CudaBackward, CudaKernel, View, cudnn};

impl CudaKernel<8> for FusedConvolution {
    const PARAMETERS: [bool; 8] = [false, true, true, true, true, false, false, false];
    type Kept = Option<Statistics>;

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        inputs: [Option<View<'_>>; 8],
    ) -> Result<(Array, Option<Statistics>)> {
        let [Some(x), Some(weight), bias, .., per_image, residual] = inputs else {
            unreachable!("a convolution has an argument and a weight")
        };
        let statistics = match (&self.norm, learned(inputs)) {
            (Some(norm), Some(learned)) => {
                Some(Statistics::of(context, x, learned, norm.sizes, norm.eps)?)
            }
            _ => None,
        };
        let stored = Stored::new(&self.algorithm.geometry, x.dtype);
        let prepared = self.prepared(context, x, statistics.as_ref(), &stored)?;
        let prepared = prepared.as_ref().map_or(x, Array::view);
        let weight = weight::pack(context, weight, &stored, x.dtype)?;
        let y = cudnn::forward(context, &stored.geometry, prepared, weight.view())?;
        let epilogue = EpilogueViews { bias, per_image, residual };
        Ok((epilogue.add_to(context, y, &stored)?, statistics))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, Option<Statistics>, 8>,
    ) -> Result<[Option<Arc<Array>>; 8]> {
        let stored = Stored::new(&self.algorithm.geometry, pass.gradient.dtype());
        let padded = stored.gradient(context, pass.gradient.view())?;
        let backward =
            ConvolutionBackward { convolution: self, context, pass: &pass, stored, padded };
        let weight = backward.weight_gradient()?;
        let [bias, per_image] = backward.sums()?;
        let [x, norm_weight, norm_bias, modulation] = backward.input_gradients()?;
        let residual = pass.wanted[7].then_some(pass.gradient);
        Ok([x, weight, bias, norm_weight, norm_bias, modulation, per_image, residual])
    }
}

/// The learned part of the normalisation, if there is one.
pub(super) fn learned(inputs: [Option<View<'_>>; 8]) -> Option<LearnedViews<'_>> {
    let [_, _, _, weight, bias, modulation, ..] = inputs;
    Some(LearnedViews { weight: weight?, bias: bias?, modulation })
}
