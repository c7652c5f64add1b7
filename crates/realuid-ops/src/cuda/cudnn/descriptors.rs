#![allow(unsafe_code)]

use candle_core::DType;
use candle_core::cuda::cudarc::cudnn::{CudnnError, result, sys};

use super::Task;
use crate::Result;
use crate::convolution::Geometry;
use crate::error::argument;

/// cuDNN's descriptions of a convolution and its three arrays: x and y [B, H, W, C], weight
/// [O, K, K, C]. They live as long as the process, as plans do.
pub(super) struct Descriptors {
    pub x: sys::cudnnTensorDescriptor_t,
    pub weight: sys::cudnnFilterDescriptor_t,
    pub y: sys::cudnnTensorDescriptor_t,
    pub convolution: sys::cudnnConvolutionDescriptor_t,
}

impl Descriptors {
    pub fn new(task: &Task) -> Result<Self> {
        let sizes = Sizes::of(&task.geometry)?;
        Self::make(task, &sizes).map_err(|error| task.refused("describe the arrays", error))
    }

    fn make(task: &Task, sizes: &Sizes) -> std::result::Result<Self, CudnnError> {
        let format = sys::cudnnTensorFormat_t::CUDNN_TENSOR_NHWC;
        let data_type = data_type(task.dtype);
        let [padding, stride] = sizes.padding_and_stride;
        let all = Self {
            x: result::create_tensor_descriptor()?,
            weight: result::create_filter_descriptor()?,
            y: result::create_tensor_descriptor()?,
            convolution: result::create_convolution_descriptor()?,
        };
        // SAFETY: the descriptors were made just now, and nothing destroys them.
        unsafe {
            result::set_tensor4d_descriptor(all.x, format, data_type, sizes.x)?;
            result::set_filter4d_descriptor(all.weight, data_type, format, sizes.weight)?;
            result::set_tensor4d_descriptor(all.y, format, data_type, sizes.y)?;
            result::set_convolution2d_descriptor(
                all.convolution,
                padding,
                padding,
                stride,
                stride,
                1,
                1,
                sys::cudnnConvolutionMode_t::CUDNN_CROSS_CORRELATION,
                sys::cudnnDataType_t::CUDNN_DATA_FLOAT,
            )?;
            result::set_convolution_math_type(all.convolution, math(task))?;
        }
        Ok(all)
    }
}

/// Sizes as cuDNN takes them, the channels before the pixels in whatever order they are stored.
struct Sizes {
    x: [i32; 4],
    weight: [i32; 4],
    y: [i32; 4],
    padding_and_stride: [i32; 2],
}

impl Sizes {
    fn of(geometry: &Geometry) -> Result<Self> {
        let &Geometry { batch, height, width, channels, filters, kernel, .. } = geometry;
        let &Geometry { out_height, out_width, padding, stride, .. } = geometry;
        Ok(Self {
            x: integers([batch, channels, height, width])?,
            weight: integers([filters, channels, kernel, kernel])?,
            y: integers([batch, filters, out_height, out_width])?,
            padding_and_stride: integers([padding, stride])?,
        })
    }
}

fn integers<const N: usize>(sizes: [usize; N]) -> Result<[i32; N]> {
    let mut out = [0; N];
    for (out, size) in out.iter_mut().zip(sizes) {
        *out = i32::try_from(size)
            .map_err(|_| argument("conv2d", "sizes below 2^31", format!("{sizes:?}")))?;
    }
    Ok(out)
}

fn data_type(dtype: DType) -> sys::cudnnDataType_t {
    match dtype {
        DType::BF16 => sys::cudnnDataType_t::CUDNN_DATA_BFLOAT16,
        DType::F16 => sys::cudnnDataType_t::CUDNN_DATA_HALF,
        _ => sys::cudnnDataType_t::CUDNN_DATA_FLOAT,
    }
}

/// cuDNN's default lets f32 be rounded to TF32.
fn math(task: &Task) -> sys::cudnnMathType_t {
    match task.dtype {
        DType::F32 if task.tf32 => sys::cudnnMathType_t::CUDNN_DEFAULT_MATH,
        DType::F32 => sys::cudnnMathType_t::CUDNN_FMA_MATH,
        _ => sys::cudnnMathType_t::CUDNN_TENSOR_OP_MATH,
    }
}
