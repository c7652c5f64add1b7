//! Values of random streams, made where they are wanted.
#![allow(unsafe_code)]

use candle_core::{CudaDevice, DType, Device, Shape, Tensor};

use super::scratch::pointer;
use super::words::write_words;
use super::{Argument, Array, Context, Launch};
use crate::Result;
use crate::error::argument;

/// What values a stream gives; the names of the kernels.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Law {
    Uniform,
    Normal,
}

/// `device` as a GPU that makes values of `dtype` itself; none where the CPU does.
pub(crate) fn random_device(device: &Device, dtype: DType) -> Option<&CudaDevice> {
    match device {
        Device::Cuda(device) if dtype != DType::F64 => Some(device),
        _ => None,
    }
}

/// A tensor on `device` of the first values of the stream with this key and lane.
pub(crate) fn random(
    law: Law,
    [key, lane]: [u64; 2],
    (shape, dtype): (Shape, DType),
    device: &CudaDevice,
) -> Result<Tensor> {
    let name = match law {
        Law::Uniform => "random_uniform",
        Law::Normal => "random_normal",
    };
    check(name, &shape, dtype)?;
    let out = Array::stale(&Context::of(device), dtype, shape.elem_count())?;
    let context = out.context();
    let launch = Launch::elements(out.len().div_ceil(2));
    let arguments = [(&out).into(), out.len().into(), Argument::U64(key), Argument::U64(lane)];
    // SAFETY: both kernels take the result, its length, key and lane.
    unsafe { context.launch(["random", name], dtype, launch, &arguments)? };
    Ok(out.into_tensor(&shape))
}

/// Standard normal values [streams, ..shape]: of each stream, given by key and lane, its first ones.
pub(crate) fn normal_rows(
    addresses: &[[u64; 2]],
    (shape, dtype): (Shape, DType),
    device: &CudaDevice,
) -> Result<Tensor> {
    let (rows, row) = (addresses.len(), shape.elem_count());
    let shape = Shape::from([&[rows], shape.dims()].concat());
    check("random_normal_rows", &shape, dtype)?;
    let context = Context::of(device);
    let addresses = write_words(&context, addresses.as_flattened())?;
    let out = Array::stale(&context, dtype, shape.elem_count())?;
    let launch = Launch::elements(out.len().div_ceil(2));
    let addresses = Argument::Pointer(pointer(&context, &addresses));
    let arguments = [(&out).into(), rows.into(), row.into(), addresses];
    // SAFETY: the kernel takes the result, its sizes, and key and lane of every row.
    unsafe { context.launch(["random", "random_normal_rows"], dtype, launch, &arguments)? };
    Ok(out.into_tensor(&shape))
}

fn check(name: &'static str, shape: &Shape, dtype: DType) -> Result<()> {
    const MOST: usize = i32::MAX as usize;
    let known = matches!(dtype, DType::F32 | DType::BF16 | DType::F16);
    if known && shape.elem_count() <= MOST {
        return Ok(());
    }
    let expected = "fewer than 2^31 values of dtype F32, F64, BF16 or F16 on a GPU";
    Err(argument(name, expected, format!("{shape:?} of {dtype:?}")))
}
