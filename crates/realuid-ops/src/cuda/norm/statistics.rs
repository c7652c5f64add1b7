#![allow(unsafe_code)]

use std::sync::Arc;

use candle_core::DType;

use super::{Rows, parameter};
use crate::Result;
use crate::cuda::{Argument, Array, Context, Launch, View};
use crate::norm::Sizes;

/// The learned part of a normalisation: weight and bias `[C]`, modulation [B, 2C].
#[derive(Clone, Copy, Debug)]
pub(crate) struct LearnedViews<'a> {
    pub weight: View<'a>,
    pub bias: View<'a>,
    pub modulation: Option<View<'a>>,
}

/// What a normalisation knows of its argument, all f32.
#[derive(Debug)]
pub(crate) struct Statistics {
    pub sizes: Sizes,
    /// Mean and 1/sqrt(variance + eps) of every group, [B, groups, 2].
    pub moments: Array,
    /// Normalisation, learned map and modulation as z = (x - centre) scale + shift: centre, scale and
    /// shift of every image, [B, 3, C].
    pub table: Array,
}

impl Statistics {
    /// Of `x` [B, .., C], from sums around each channel's first value, in f32 per block and in f64
    /// over blocks.
    pub fn of(
        context: &Arc<Context>,
        x: View<'_>,
        learned: LearnedViews<'_>,
        sizes: Sizes,
        eps: f64,
    ) -> Result<Self> {
        let rows = Rows::new([sizes.batch, sizes.positions, sizes.channels], &[x]);
        let sums = Array::stale(context, DType::F32, rows.blocks() * 2 * sizes.channels)?;
        let mut arguments = vec![x.into(), (&sums).into()];
        arguments.extend(rows.arguments());
        let kernel = ["norm_shifted_sums"; 2];
        // SAFETY: the kernel takes x, two rows of sums for each block, and how rows are divided.
        unsafe { context.launch(kernel, x.dtype, rows.launch(), &arguments)? };

        let array = |len| Array::stale(context, DType::F32, len);
        let moments = array(sizes.batch * sizes.groups * 2)?;
        let table = array(sizes.batch * 3 * sizes.channels)?;
        let mut arguments = vec![x.into(), (&sums).into()];
        arguments.extend(parameter(Some(learned.weight)));
        arguments.extend(parameter(Some(learned.bias)));
        arguments.extend_from_slice(&[
            learned.modulation.into(),
            (&moments).into(),
            (&table).into(),
        ]);
        arguments.extend_from_slice(&[sizes.batch.into(), sizes.groups.into(), Argument::F64(eps)]);
        arguments.extend(rows.shape());
        // SAFETY: the kernel takes x, its sums, the learned part, both results and all sizes.
        unsafe { context.launch(["norm_moments"; 2], x.dtype, groups(sizes), &arguments)? };
        Ok(Self { sizes, moments, table })
    }
}

/// One warp for every group of every image, `WARPS` of `kernels/norm_warps.cuh` to a block.
pub(super) fn groups(sizes: Sizes) -> Launch {
    const WARPS: usize = 4;
    Launch::rows((sizes.batch * sizes.groups).div_ceil(WARPS), 32 * WARPS as u32)
}
