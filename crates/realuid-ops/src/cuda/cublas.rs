//! Products of matrices through cuBLAS.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::sync::Arc;

use candle_core::DType;
use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::cublas::{result, sys};

use super::{Array, Context, View};
use crate::Result;
use crate::tf32::tf32;

/// One factor of a product, row-major in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Factor<'a> {
    /// The matrix itself.
    AsStored(View<'a>),
    /// The transpose of what is stored.
    Transposed(View<'a>),
}

/// `left` [rows, inner] times `right` [inner, columns], both of one dtype.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product<'a> {
    pub left: Factor<'a>,
    pub right: Factor<'a>,
    pub rows: usize,
    pub inner: usize,
    pub columns: usize,
}

impl Product<'_> {
    /// The product [rows, columns], row-major, summed in f32, of the factors' dtype or F32.
    pub fn compute(&self, context: &Arc<Context>, dtype: DType) -> Result<Array> {
        let out = Array::stale(context, dtype, self.rows * self.columns)?;
        self.write(context, &out)?;
        Ok(out)
    }

    /// cuBLAS stores matrices by columns, where ours are their transposes: out^T = right^T left^T.
    fn write(&self, context: &Context, out: &Array) -> Result<()> {
        let (left, right) = (self.left.view(), self.right.view());
        assert_eq!(left.len, self.rows * self.inner, "the left factor of {self:?}");
        assert_eq!(right.len, self.inner * self.columns, "the right factor of {self:?}");
        assert_eq!(left.dtype, right.dtype, "the factors of {self:?}");
        let cublas = context.device().cublas_handle();
        // The handle belongs to the context of its device, which any thread may use.
        context.stream().context().bind_to_thread().w()?;
        let (one, zero) = (1.0_f32, 0.0_f32);
        // SAFETY: the factors and the result have as many elements as their sizes say, live on this
        // device and are used in the order of its one stream; the two numbers are f32, as the type
        // of computation wants.
        unsafe {
            result::gemm_ex(
                *cublas.handle(),
                self.right.operation(),
                self.left.operation(),
                integer(self.columns),
                integer(self.rows),
                integer(self.inner),
                (&raw const one).cast(),
                right.pointer as *const c_void,
                data_type(right.dtype),
                integer(self.right.stored_columns(self.inner, self.columns)),
                left.pointer as *const c_void,
                data_type(left.dtype),
                integer(self.left.stored_columns(self.rows, self.inner)),
                (&raw const zero).cast(),
                out.view().pointer as *mut c_void,
                data_type(out.dtype()),
                integer(self.columns),
                computation(left.dtype),
                sys::cublasGemmAlgo_t::CUBLAS_GEMM_DEFAULT,
            )
        }
        .w()?;
        Ok(())
    }
}

impl<'a> Factor<'a> {
    fn view(&self) -> View<'a> {
        match *self {
            Self::AsStored(view) | Self::Transposed(view) => view,
        }
    }

    fn operation(&self) -> sys::cublasOperation_t {
        match self {
            Self::AsStored(_) => sys::cublasOperation_t::CUBLAS_OP_N,
            Self::Transposed(_) => sys::cublasOperation_t::CUBLAS_OP_T,
        }
    }

    /// The length of a stored row of this factor [rows, columns].
    fn stored_columns(&self, rows: usize, columns: usize) -> usize {
        match self {
            Self::AsStored(_) => columns,
            Self::Transposed(_) => rows,
        }
    }
}

/// Sizes of arrays, which have fewer than 2^31 elements.
fn integer(size: usize) -> i32 {
    i32::try_from(size).expect("arrays of fewer than 2^31 elements")
}

fn data_type(dtype: DType) -> sys::cudaDataType {
    match dtype {
        DType::BF16 => sys::cudaDataType::CUDA_R_16BF,
        DType::F16 => sys::cudaDataType::CUDA_R_16F,
        _ => sys::cudaDataType::CUDA_R_32F,
    }
}

fn computation(dtype: DType) -> sys::cublasComputeType_t {
    if dtype == DType::F32 && tf32() {
        sys::cublasComputeType_t::CUBLAS_COMPUTE_32F_FAST_TF32
    } else {
        sys::cublasComputeType_t::CUBLAS_COMPUTE_32F
    }
}
