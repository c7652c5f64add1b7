use std::sync::Arc;

use super::kernel::learned;
use super::prepared::Stored;
use super::sums::BlockSums;
use super::weight;
use crate::Result;
use crate::convolution::FusedConvolution;
use crate::cuda::norm::{NormBackward, Statistics};
use crate::cuda::{ActivationKernels, Array, Context, CudaBackward, View, cudnn};

/// The backward pass of a convolution; what the forward pass prepared is prepared again.
pub(super) struct ConvolutionBackward<'a, 'b> {
    pub convolution: &'a FusedConvolution,
    pub context: &'a Arc<Context>,
    pub pass: &'a CudaBackward<'b, Option<Statistics>, 8>,
    pub stored: Stored,
    /// The gradient of the result with all filters that cuDNN sees, where those are more.
    pub padded: Option<Array>,
}

impl ConvolutionBackward<'_, '_> {
    fn gradient(&self) -> View<'_> {
        self.padded.as_ref().map_or_else(|| self.pass.gradient.view(), Array::view)
    }

    fn x_and_weight(&self) -> [View<'_>; 2] {
        let [Some(x), Some(weight), ..] = self.pass.inputs else {
            unreachable!("a convolution keeps its argument and weight")
        };
        [x, weight]
    }

    /// If it is wanted.
    pub fn weight_gradient(&self) -> Result<Option<Arc<Array>>> {
        if !self.pass.wanted[1] {
            return Ok(None);
        }
        let (context, stored) = (self.context, &self.stored);
        let [x, weight] = self.x_and_weight();
        let statistics = self.pass.kept.as_ref();
        let prepared = self.convolution.prepared(context, x, statistics, stored)?;
        let prepared = prepared.as_ref().map_or(x, Array::view);
        let packed = cudnn::weight_gradient(context, &stored.geometry, prepared, self.gradient())?;
        Ok(Some(Arc::new(weight::unpack(context, &packed, stored, weight.dtype)?)))
    }

    /// The gradients of the bias and of the value per image, as far as wanted.
    pub fn sums(&self) -> Result<[Option<Arc<Array>>; 2]> {
        let [_, _, for_bias, .., for_image, _] = self.pass.wanted;
        if !for_bias && !for_image {
            return Ok([None, None]);
        }
        let (context, gradient) = (self.context, self.pass.gradient.view());
        let Stored { geometry, filters, .. } = self.stored;
        let sizes = [geometry.batch, geometry.pixels_out(), filters];
        let sums = BlockSums::of(context, gradient, sizes)?;
        let bias_dtype = self.pass.dtypes[2].unwrap_or(gradient.dtype);
        let bias = for_bias.then(|| sums.over_all(context, bias_dtype)).transpose()?;
        let image = for_image.then(|| sums.over_images(context, gradient.dtype)).transpose()?;
        Ok([bias, image].map(|sums| sums.map(Arc::new)))
    }

    /// The gradients of x and of weight, bias and modulation of the normalisation, as far as wanted.
    pub fn input_gradients(&self) -> Result<[Option<Arc<Array>>; 4]> {
        let [for_x, _, _, for_norm @ .., _, _] = self.pass.wanted;
        let wanted = [for_x, for_norm[0], for_norm[1], for_norm[2]];
        if wanted == [false; 4] {
            return Ok([const { None }; 4]);
        }
        let (context, stored) = (self.context, &self.stored);
        let [x, weight] = self.x_and_weight();
        let packed = weight::pack(context, weight, stored, x.dtype)?;
        let gradient =
            cudnn::input_gradient(context, &stored.geometry, packed.view(), self.gradient())?;
        let gradient = Arc::new(self.convolution.unprepared(context, gradient, stored)?);
        match (self.pass.kept, learned(self.pass.inputs)) {
            (Some(statistics), Some(learned)) => {
                let norm = NormBackward { statistics, learned, x, wanted };
                norm.compute(context, &ActivationKernels::SILU, gradient)
            }
            _ => Ok([Some(gradient), None, None, None]),
        }
    }
}
