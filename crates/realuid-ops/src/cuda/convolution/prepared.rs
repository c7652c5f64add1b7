use std::sync::Arc;

use candle_core::DType;

use crate::Result;
use crate::blocks::Blocks;
use crate::convolution::{FusedConvolution, Geometry, Resolution};
use crate::cuda::norm::{Normalised, Statistics};
use crate::cuda::{ActivationKernels, Array, Context, View};

/// The geometry as cuDNN sees it, and the numbers of channels and filters that there really are.
///
/// Its kernels for tensor cores want multiples of 8 in 16-bit types, so channels and filters of zeros
/// are added, as for the three colours of an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub geometry: Geometry,
    pub channels: usize,
    pub filters: usize,
}

impl Stored {
    pub fn new(geometry: &Geometry, dtype: DType) -> Self {
        let multiple = if dtype == DType::F32 { 1 } else { 8 };
        let Geometry { channels, filters, .. } = *geometry;
        let geometry = Geometry {
            channels: channels.next_multiple_of(multiple),
            filters: filters.next_multiple_of(multiple),
            ..*geometry
        };
        Self { geometry, channels, filters }
    }

    /// Elements of a filter without those added.
    pub fn patch(&self) -> usize {
        self.channels * self.geometry.kernel * self.geometry.kernel
    }

    /// The gradient of the result with the filters that cuDNN sees; none where those are all.
    pub fn gradient(&self, context: &Arc<Context>, gradient: View<'_>) -> Result<Option<Array>> {
        let out = self.geometry.filters;
        let pixels = self.geometry.pixels_out();
        (out != self.filters)
            .then(|| with_channels(context, gradient, pixels, [self.filters, out]))
            .transpose()
    }
}

/// `x` [B, pixels, from] with `to` channels.
fn with_channels(
    context: &Arc<Context>,
    x: View<'_>,
    pixels: usize,
    [from, to]: [usize; 2],
) -> Result<Array> {
    let same = Normalised {
        x,
        statistics: None,
        positions: pixels,
        width: pixels,
        channels: from,
        factor: 1,
        out_channels: to,
    };
    same.compute(context, &ActivationKernels::IDENTITY)
}

impl FusedConvolution {
    /// What cuDNN convolves; none for x as it is.
    pub(super) fn prepared(
        &self,
        context: &Arc<Context>,
        x: View<'_>,
        statistics: Option<&Statistics>,
        stored: &Stored,
    ) -> Result<Option<Array>> {
        let factor = self.resolution.factor();
        let out_channels = stored.geometry.channels;
        if statistics.is_none() && factor == 1 && out_channels == stored.channels {
            return Ok(None);
        }
        let width = stored.geometry.width / factor;
        let normalised = Normalised {
            x,
            statistics,
            positions: stored.geometry.height / factor * width,
            width,
            channels: stored.channels,
            factor,
            out_channels,
        };
        normalised.compute(context, &ActivationKernels::SILU).map(Some)
    }

    /// The gradient of what doubling and added channels were made of, from that of the result.
    pub(super) fn unprepared(
        &self,
        context: &Arc<Context>,
        gradient: Array,
        stored: &Stored,
    ) -> Result<Array> {
        let factor = self.resolution.factor();
        let Geometry { channels, height, width, .. } = stored.geometry;
        let small =
            match self.resolution {
                Resolution::Full => gradient,
                Resolution::Half => Blocks { width: width / factor, channels, factor }
                    .sum_on_device(context, gradient.view(), 1.0)?,
            };
        if channels == stored.channels {
            return Ok(small);
        }
        let pixels = height / factor * (width / factor);
        with_channels(context, small.view(), pixels, [channels, stored.channels])
    }
}
