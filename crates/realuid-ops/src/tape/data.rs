use std::ops::Deref;
use std::sync::Arc;

use candle_core::{
    CpuStorage, DType, Device, Layout, Result as CandleResult, Shape, Storage, Tensor,
};

use super::backward::sum;
use crate::Result;
use crate::buffer::Buffer;
use crate::element::Element;
use crate::storage::cpu_slice;

/// The elements of a value, row-major: in memory of the pool, or in a contiguous candle tensor.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    F32(Arc<Buffer<f32>>),
    F64(Arc<Buffer<f64>>),
    Tensor(Tensor),
}

impl Data {
    pub fn dtype(&self) -> DType {
        match self {
            Self::F32(_) => DType::F32,
            Self::F64(_) => DType::F64,
            Self::Tensor(tensor) => tensor.dtype(),
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

    /// The same elements in memory of the pool.
    pub fn pooled(self) -> Result<Self> {
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
            Self::Tensor(tensor) => tensor.reshape(shape)?,
        })
    }

    /// The elements as candle stores them.
    pub fn into_storage(self) -> CandleResult<CpuStorage> {
        Ok(match self {
            Self::F32(buffer) => CpuStorage::F32(buffer.to_vec()),
            Self::F64(buffer) => CpuStorage::F64(buffer.to_vec()),
            Self::Tensor(tensor) => match tensor.dtype() {
                DType::F32 => CpuStorage::F32(tensor.flatten_all()?.to_vec1()?),
                _ => CpuStorage::F64(tensor.flatten_all()?.to_vec1()?),
            },
        })
    }

    /// The sum of two gradients of one dtype.
    pub fn plus(self, other: Self) -> Self {
        match self.dtype() {
            DType::F32 => self.typed_plus::<f32>(other),
            _ => self.typed_plus::<f64>(other),
        }
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
