#![allow(unsafe_code)]

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use candle_core::backend::BackendStorage;
use candle_core::cuda::cudarc::driver::{CudaSlice, DevicePtr, DeviceRepr};
use candle_core::cuda::{CudaDType, WrapErr};
use candle_core::{CudaStorage, DType, Layout, Shape, Storage, Tensor, op::BackpropOp};
use half::{bf16, f16};

use super::Context;
use crate::Result;
use crate::error::argument;

/// Numbers in the memory of a device: f32, bf16 or f16.
pub(crate) struct Array {
    context: Arc<Context>,
    /// At least one byte: the driver has no empty allocations.
    memory: CudaSlice<u8>,
    dtype: DType,
    len: usize,
}

/// The elements of an [`Array`] or of a candle tensor, to be read by kernels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub pointer: u64,
    pub dtype: DType,
    pub len: usize,
    owner: PhantomData<&'a ()>,
}

impl Array {
    /// `len` elements of unspecified value: whoever asks writes all of them.
    pub fn stale(context: &Arc<Context>, dtype: DType, len: usize) -> Result<Self> {
        check_dtype(dtype)?;
        let bytes = (len * dtype.size_in_bytes()).max(1);
        // SAFETY: bytes of any value are valid; nobody reads elements that were not written.
        let memory = unsafe { context.stream().alloc::<u8>(bytes) }.w()?;
        Ok(Self { context: context.clone(), memory, dtype, len })
    }

    /// A copy of `view`.
    pub fn copy_of(context: &Arc<Context>, view: View<'_>) -> Result<Self> {
        let array = Self::stale(context, view.dtype, view.len)?;
        let bytes = view.len * view.dtype.size_in_bytes();
        let stream = context.stream();
        if bytes > 0 {
            use candle_core::cuda::cudarc::driver::result::memcpy_dtod_async;
            // SAFETY: both sides have `bytes` bytes, and the stream orders the copy after what
            // writes the one and before what frees the other.
            unsafe {
                memcpy_dtod_async(array.view().pointer, view.pointer, bytes, stream.cu_stream())
            }
            .w()?;
        }
        Ok(array)
    }

    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    pub fn dtype(&self) -> DType {
        self.dtype
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// Its elements.
    pub fn view(&self) -> View<'_> {
        let (pointer, _order) = self.memory.device_ptr(self.context.stream());
        View { pointer, dtype: self.dtype, len: self.len, owner: PhantomData }
    }

    /// The elements as candle stores them, without a copy.
    pub fn into_storage(self) -> CudaStorage {
        match self.dtype {
            DType::BF16 => self.typed::<bf16>(),
            DType::F16 => self.typed::<f16>(),
            _ => self.typed::<f32>(),
        }
    }

    fn typed<T: DeviceRepr + CudaDType>(self) -> CudaStorage {
        let (len, context) = (self.len, self.context);
        let pointer = self.memory.leak();
        // SAFETY: the memory is this array's own, holds `len` elements of this type, and is freed by
        // the slice that is made of it.
        let slice = unsafe { context.stream().upgrade_device_ptr::<T>(pointer, len) };
        CudaStorage::wrap_cuda_slice(slice, context.device().clone())
    }

    /// A candle tensor of these elements, without a copy.
    pub fn into_tensor(self, shape: &Shape) -> Tensor {
        let storage = Storage::Cuda(self.into_storage());
        Tensor::from_storage(storage, shape.clone(), BackpropOp::none(), false)
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array {{ {:?}, {} }}", self.dtype, self.len)
    }
}

impl<'a> View<'a> {
    /// The elements of a contiguous candle tensor on a GPU.
    pub fn of(storage: &'a CudaStorage, layout: &Layout) -> Result<Self> {
        let dtype = storage.dtype();
        check_dtype(dtype)?;
        let Some((start, end)) = layout.contiguous_offsets() else {
            let found = format!("{layout:?}");
            return Err(argument("reading a tensor on a GPU", "a contiguous tensor", found));
        };
        let base = match dtype {
            DType::BF16 => pointer::<bf16>(storage)?,
            DType::F16 => pointer::<f16>(storage)?,
            _ => pointer::<f32>(storage)?,
        };
        let pointer = base + (start * dtype.size_in_bytes()) as u64;
        Ok(Self { pointer, dtype, len: end - start, owner: PhantomData })
    }
}

fn pointer<T: CudaDType>(storage: &CudaStorage) -> Result<u64> {
    let stream = storage.device().cuda_stream();
    Ok(storage.as_cuda_slice::<T>()?.device_ptr(&stream).0)
}

fn check_dtype(dtype: DType) -> Result<()> {
    if matches!(dtype, DType::F32 | DType::BF16 | DType::F16) {
        return Ok(());
    }
    let expected = "a tensor of dtype F32, BF16 or F16";
    Err(argument("an operation on a GPU", expected, format!("{dtype:?}")))
}
