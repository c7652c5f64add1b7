#![allow(unsafe_code)]

use std::sync::Arc;

use candle_core::DType;
use candle_core::cuda::WrapErr;

use super::plan::{Arrays, Cudnn};
use super::{Pass, Task};
use crate::Result;
use crate::convolution::Geometry;
use crate::cuda::{Array, Context, View};
use crate::tf32::tf32;

/// The convolution of x [B, H, W, C] with weight [O, K, K, C], [B, H', W', O].
pub(crate) fn forward(
    context: &Arc<Context>,
    geometry: &Geometry,
    x: View<'_>,
    weight: View<'_>,
) -> Result<Array> {
    let out = Array::stale(context, x.dtype, len_y(geometry))?;
    run(context, Pass::Forward, geometry, [x, weight, out.view()])?;
    Ok(out)
}

/// The gradient of x [B, H, W, C] from weight and that of the result.
pub(crate) fn input_gradient(
    context: &Arc<Context>,
    geometry: &Geometry,
    weight: View<'_>,
    gradient: View<'_>,
) -> Result<Array> {
    let out = Array::stale(context, gradient.dtype, len_x(geometry))?;
    run(context, Pass::InputGradient, geometry, [out.view(), weight, gradient])?;
    Ok(out)
}

/// The gradient of the weight [O, K, K, C] from x and that of the result.
pub(crate) fn weight_gradient(
    context: &Arc<Context>,
    geometry: &Geometry,
    x: View<'_>,
    gradient: View<'_>,
) -> Result<Array> {
    let out = Array::stale(context, x.dtype, len_weight(geometry))?;
    run(context, Pass::WeightGradient, geometry, [x, out.view(), gradient])?;
    Ok(out)
}

fn len_x(geometry: &Geometry) -> usize {
    geometry.batch * geometry.height * geometry.width * geometry.channels
}

fn len_weight(geometry: &Geometry) -> usize {
    geometry.filters * geometry.patch()
}

fn len_y(geometry: &Geometry) -> usize {
    geometry.positions() * geometry.filters
}

/// Computes one of x, weight and y from the others.
///
/// The workspace is allocated on the stream for the one call, like any other temporary: the driver's
/// pool hands out the same memory again and again, and a captured graph, which keeps addresses, has
/// one of its own, which no later and larger workspace can take away.
fn run(
    context: &Arc<Context>,
    pass: Pass,
    geometry: &Geometry,
    [x, weight, y]: [View<'_>; 3],
) -> Result<()> {
    assert_eq!(x.len, len_x(geometry), "x of {geometry:?}");
    assert_eq!(weight.len, len_weight(geometry), "the weight of {geometry:?}");
    assert_eq!(y.len, len_y(geometry), "the result of {geometry:?}");
    assert!(x.dtype == weight.dtype && x.dtype == y.dtype, "one dtype");
    context.stream().context().bind_to_thread().w()?;
    let mut cudnn = context.cudnn();
    let cudnn = match &mut *cudnn {
        Some(cudnn) => cudnn,
        none => none.insert(Cudnn::new(context)?),
    };
    let allowed = x.dtype == DType::F32 && tf32();
    let task = Task { pass, geometry: *geometry, dtype: x.dtype, tf32: allowed };
    let plan = cudnn.plan(task)?;
    let workspace = Array::stale(context, DType::F32, plan.workspace().div_ceil(size_of::<f32>()))?;
    let (x, weight, y) = (x.pointer, weight.pointer, y.pointer);
    let arrays = Arrays { x, weight, y, workspace: workspace.view().pointer };
    // SAFETY: the sizes were checked above, and the arrays live on this device until this returns.
    unsafe { plan.run(arrays) }
}
