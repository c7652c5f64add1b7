use std::sync::Arc;

use super::{LearnedViews, NormBackward, Normalised, Statistics};
use crate::Result;
use crate::cuda::{Array, Context, CudaBackward, CudaKernel, View};
use crate::norm::{Activation, Normalise};

impl<A: Activation> CudaKernel<4> for Normalise<A> {
    const PARAMETERS: [bool; 4] = [false, true, true, false];
    type Kept = Statistics;

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        inputs: [Option<View<'_>>; 4],
    ) -> Result<(Array, Statistics)> {
        let (x, learned) = given(inputs);
        let statistics = Statistics::of(context, x, learned, self.sizes, self.eps)?;
        let sizes = self.sizes;
        let normalised = Normalised {
            x,
            statistics: Some(&statistics),
            positions: sizes.positions,
            width: sizes.positions,
            channels: sizes.channels,
            factor: 1,
            out_channels: sizes.channels,
        };
        let out = normalised.compute(context, &A::KERNELS)?;
        Ok((out, statistics))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, Statistics, 4>,
    ) -> Result<[Option<Arc<Array>>; 4]> {
        let (x, learned) = given(pass.inputs);
        let norm = NormBackward { statistics: pass.kept, learned, x, wanted: pass.wanted };
        norm.compute(context, &A::KERNELS, pass.gradient)
    }
}

fn given([x, weight, bias, modulation]: [Option<View<'_>>; 4]) -> (View<'_>, LearnedViews<'_>) {
    let [Some(x), Some(weight), Some(bias)] = [x, weight, bias] else {
        unreachable!("a normalisation has an argument, a weight and a bias, and keeps them")
    };
    (x, LearnedViews { weight, bias, modulation })
}
