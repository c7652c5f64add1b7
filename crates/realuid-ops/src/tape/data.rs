use std::ops::Deref;
use std::sync::Arc;

#[cfg(feature = "cuda")]
use candle_core::CudaStorage;
use candle_core::{
    CpuStorage, DType, Device, Layout, Result as CandleResult, Shape, Storage, Tensor,
};

use super::backward::sum;
use crate::Result;
use crate::buffer::Buffer;
#[cfg(feature = "cuda")]
use crate::cuda::{Array, Context, View};
use crate::element::Element;
#[cfg(feature = "cuda")]
use crate::error::argument;
use crate::storage::cpu_slice;

/// The elements of a value, row-major: in memory of the pool, on a GPU, or in a contiguous candle
/// tensor.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    F32(Arc<Buffer<f32>>),
    F64(Arc<Buffer<f64>>),
    #[cfg(feature = "cuda")]
    Cuda(Arc<Array>),
    Tensor(Tensor),
}

impl Data {
    pub fn dtype(&self) -> DType {
        match self {
            Self::F32(_) => DType::F32,
            Self::F64(_) => DType::F64,
            #[cfg(feature = "cuda")]
            Self::Cuda(array) => array.dtype(),
            Self::Tensor(tensor) => tensor.dtype(),
        }
    }

    /// Whether the elements are on a GPU.
    #[cfg(feature = "cuda")]
    pub fn is_on_device(&self) -> bool {
        match self {
            Self::Cuda(_) => true,
            Self::Tensor(tensor) => tensor.device().is_cuda(),
            Self::F32(_) | Self::F64(_) => false,
        }
    }

    /// Access to elements on a GPU.
    #[cfg(feature = "cuda")]
    pub fn on_device(&self) -> OnDevice<'_> {
        match self {
            Self::Tensor(tensor) => {
                let (storage, layout) = tensor.storage_and_layout();
                OnDevice::Tensor(Box::new(storage), layout)
            }
            Self::Cuda(array) => OnDevice::Array(array),
            Self::F32(_) | Self::F64(_) => OnDevice::Elsewhere,
        }
    }

    /// Access to the elements, of type T.
    pub fn read<T: Element>(&self) -> Elements<'_, T> {
        match self {
            Self::Tensor(tensor) => {
                let (storage, layout) = tensor.storage_and_layout();
                Elements::Tensor(Box::new(storage), layout)
            }
            buffer => Elements::Buffer(T::buffer(buffer).expect("an operation of one dtype")),
        }
    }

    /// The same elements in memory that is nobody else's: of the pool, or an array on their GPU.
    pub fn pooled(self) -> Result<Self> {
        #[cfg(feature = "cuda")]
        if let Self::Tensor(tensor) = &self
            && let Device::Cuda(device) = tensor.device()
        {
            let copy = Array::copy_of(&Context::of(device), self.on_device().view()?)?;
            return Ok(Self::Cuda(Arc::new(copy)));
        }
        Ok(match (&self, self.dtype()) {
            (Self::Tensor(_), DType::F32) => {
                f32::data(Arc::new(Buffer::copy_of(self.read().slice()?)))
            }
            (Self::Tensor(_), _) => f64::data(Arc::new(Buffer::copy_of(self.read().slice()?))),
            _ => self,
        })
    }

    /// A candle tensor of these elements.
    pub fn into_tensor(self, shape: &Shape) -> Result<Tensor> {
        Ok(match self {
            Self::F32(buffer) => Tensor::from_slice(&buffer, shape, &Device::Cpu)?,
            Self::F64(buffer) => Tensor::from_slice(&buffer, shape, &Device::Cpu)?,
            #[cfg(feature = "cuda")]
            Self::Cuda(array) => unshared(array)?.into_tensor(shape),
            Self::Tensor(tensor) => tensor.reshape(shape)?,
        })
    }

    /// Elements on the CPU as candle stores them.
    pub fn into_storage(self) -> CandleResult<CpuStorage> {
        Ok(match self {
            Self::F32(buffer) => CpuStorage::F32(buffer.to_vec()),
            Self::F64(buffer) => CpuStorage::F64(buffer.to_vec()),
            #[cfg(feature = "cuda")]
            Self::Cuda(_) => candle_core::bail!("expected a result on the CPU, found one on a GPU"),
            Self::Tensor(tensor) => match tensor.dtype() {
                DType::F32 => CpuStorage::F32(tensor.flatten_all()?.to_vec1()?),
                _ => CpuStorage::F64(tensor.flatten_all()?.to_vec1()?),
            },
        })
    }

    /// Elements on a GPU as candle stores them.
    #[cfg(feature = "cuda")]
    pub fn into_cuda_storage(self) -> CandleResult<CudaStorage> {
        Ok(self.into_array().map_err(candle_core::Error::wrap)?.into_storage())
    }

    /// Elements on a GPU in an array that nobody else holds.
    #[cfg(feature = "cuda")]
    pub fn into_array(self) -> Result<Array> {
        match self.pooled()? {
            Self::Cuda(array) => unshared(array),
            _ => Err(argument("an operation on a GPU", "elements on a GPU", "some on the CPU")),
        }
    }

    /// The sum of two gradients of one dtype.
    #[cfg_attr(
        not(feature = "cuda"),
        expect(clippy::unnecessary_wraps, reason = "kernels can fail to start, loops cannot")
    )]
    pub fn plus(self, other: Self) -> Result<Self> {
        Ok(match (self, other) {
            #[cfg(feature = "cuda")]
            (Self::Cuda(a), Self::Cuda(b)) => Self::Cuda(crate::cuda::sum(a, b)?),
            (a, b) if a.dtype() == DType::F32 => a.typed_plus::<f32>(b),
            (a, b) => a.typed_plus::<f64>(b),
        })
    }

    fn typed_plus<T: Element>(self, other: Self) -> Self {
        let buffer = |data| T::into_buffer(data).expect("gradients are buffers of one dtype");
        T::data(sum(buffer(self), buffer(other)))
    }
}

/// Elements of a value while they are being read.
pub(crate) enum Elements<'a, T: Element> {
    Buffer(&'a Buffer<T>),
    Tensor(Box<dyn Deref<Target = Storage> + 'a>, &'a Layout),
}

impl<T: Element> Elements<'_, T> {
    pub fn slice(&self) -> Result<&[T]> {
        Ok(match self {
            Self::Buffer(buffer) => buffer,
            Self::Tensor(storage, layout) => cpu_slice(storage, layout)?,
        })
    }
}

/// The array itself where nobody else holds it, or else a copy.
#[cfg(feature = "cuda")]
fn unshared(array: Arc<Array>) -> Result<Array> {
    Arc::try_unwrap(array).or_else(|array| Array::copy_of(array.context(), array.view()))
}

/// Elements on a GPU while kernels that read them are being launched.
#[cfg(feature = "cuda")]
pub(crate) enum OnDevice<'a> {
    Array(&'a Array),
    Tensor(Box<dyn Deref<Target = Storage> + 'a>, &'a Layout),
    /// They are on the CPU.
    Elsewhere,
}

#[cfg(feature = "cuda")]
impl OnDevice<'_> {
    pub fn view(&self) -> Result<View<'_>> {
        match self {
            Self::Array(array) => return Ok(array.view()),
            Self::Tensor(storage, layout) => {
                if let Storage::Cuda(storage) = &***storage {
                    return View::of(storage, layout);
                }
            }
            Self::Elsewhere => {}
        }
        Err(argument("an operation on a GPU", "tensors all on one device", "one on the CPU"))
    }
}
