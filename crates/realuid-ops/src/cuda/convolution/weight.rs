#![allow(unsafe_code)]

use std::sync::Arc;

use candle_core::DType;

use super::prepared::Stored;
use crate::Result;
use crate::cuda::norm::parameter;
use crate::cuda::{Argument, Array, Context, Launch, View};

/// The weight [O, C, K, K] in `dtype` as cuDNN takes it, [O, K, K, C], with zeros beyond.
pub(super) fn pack(
    context: &Arc<Context>,
    weight: View<'_>,
    stored: &Stored,
    dtype: DType,
) -> Result<Array> {
    let large = &stored.geometry;
    let out = Array::stale(context, dtype, large.filters * large.patch())?;
    let mut arguments = parameter(Some(weight)).to_vec();
    arguments.extend_from_slice(&[(&out).into(), out.len().into()]);
    arguments.extend(sizes(stored));
    let launch = Launch::elements(out.len());
    let kernel = ["convolution_weight", "convolution_pack"];
    // SAFETY: the kernel takes the weight, the result with its length, and the sizes of both.
    unsafe { context.launch(kernel, dtype, launch, &arguments)? };
    Ok(out)
}

/// The reverse, in the dtype of the parameter.
pub(super) fn unpack(
    context: &Arc<Context>,
    packed: &Array,
    stored: &Stored,
    dtype: DType,
) -> Result<Array> {
    let out = Array::stale(context, dtype, stored.filters * stored.patch())?;
    let mut arguments = vec![packed.into()];
    arguments.extend(parameter(Some(out.view())));
    arguments.push(out.len().into());
    arguments.extend(sizes(stored));
    let launch = Launch::elements(out.len());
    let kernel = ["convolution_weight", "convolution_unpack"];
    // SAFETY: the kernel takes the packed weight, the result with its length, and the sizes of both.
    unsafe { context.launch(kernel, packed.dtype(), launch, &arguments)? };
    Ok(out)
}

/// Filters, channels, taps, and channels as stored.
fn sizes(stored: &Stored) -> [Argument; 4] {
    let taps = stored.geometry.kernel * stored.geometry.kernel;
    [stored.filters, stored.channels, taps, stored.geometry.channels].map(Argument::from)
}
