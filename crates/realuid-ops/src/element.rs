use std::ops::Neg;
use std::sync::{Arc, Mutex};

use candle_core::{CpuStorage, WithDType};

use crate::buffer::{Buffer, Pool};
use crate::exp::exp_f32;
use crate::simd::{OnVectors, run_f32, run_f64};
use crate::tape::Data;

/// The floating-point types the kernels are written for: f32 and f64.
pub(crate) trait Element: WithDType + Neg<Output = Self> + std::fmt::Debug {
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// e to the power `self`, the same bits on every machine for f32.
    fn exp(self) -> Self;
    /// ln(1 + self), accurate near zero.
    fn ln_1p(self) -> Self;
    /// Square root, correctly rounded.
    fn sqrt(self) -> Self;
    /// The larger of two numbers; NaN if `self` is.
    fn larger(self, other: Self) -> Self;
    /// Rounds a number of [0, 1) with 53 random bits down to this type, so that it stays below 1.
    fn from_uniform(value: f64) -> Self;
    /// The elements of a storage of this type.
    fn values_mut(storage: &mut CpuStorage) -> Option<&mut [Self]>;
    /// Runs `work` on the widest vectors of this machine.
    fn on_vectors<W: OnVectors<Self>>(work: W) -> W::Output;
    /// Idle buffers of this type.
    fn pool() -> &'static Mutex<Pool<Self>>;
    /// A buffer of this type as data of a value.
    fn data(buffer: Arc<Buffer<Self>>) -> Data;
    /// The buffer in data of a value, if it holds one of this type.
    fn buffer(data: &Data) -> Option<&Arc<Buffer<Self>>>;
    /// As [`Element::buffer`], by value.
    fn into_buffer(data: Data) -> Option<Arc<Buffer<Self>>>;
}

impl Element for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    #[inline(always)]
    fn exp(self) -> Self {
        exp_f32(self)
    }
    #[inline(always)]
    fn ln_1p(self) -> Self {
        libm::log1pf(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
    #[inline(always)]
    fn from_uniform(value: f64) -> Self {
        // Truncation to multiples of 2^-24, each of which is an f32.
        ((value * 16_777_216.0) as u32) as f32 / 16_777_216.0
    }
    fn values_mut(storage: &mut CpuStorage) -> Option<&mut [Self]> {
        match storage {
            CpuStorage::F32(values) => Some(values),
            _ => None,
        }
    }
    fn on_vectors<W: OnVectors<Self>>(work: W) -> W::Output {
        run_f32(work)
    }
    fn pool() -> &'static Mutex<Pool<Self>> {
        static POOL: Mutex<Pool<f32>> = Mutex::new(Pool::new());
        &POOL
    }
    fn data(buffer: Arc<Buffer<Self>>) -> Data {
        Data::F32(buffer)
    }
    fn buffer(data: &Data) -> Option<&Arc<Buffer<Self>>> {
        match data {
            Data::F32(buffer) => Some(buffer),
            _ => None,
        }
    }
    fn into_buffer(data: Data) -> Option<Arc<Buffer<Self>>> {
        match data {
            Data::F32(buffer) => Some(buffer),
            _ => None,
        }
    }
}

impl Element for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    #[inline(always)]
    fn exp(self) -> Self {
        libm::exp(self)
    }
    #[inline(always)]
    fn ln_1p(self) -> Self {
        libm::log1p(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if other > self { other } else { self }
    }
    #[inline(always)]
    fn from_uniform(value: f64) -> Self {
        value
    }
    fn values_mut(storage: &mut CpuStorage) -> Option<&mut [Self]> {
        match storage {
            CpuStorage::F64(values) => Some(values),
            _ => None,
        }
    }
    fn on_vectors<W: OnVectors<Self>>(work: W) -> W::Output {
        run_f64(work)
    }
    fn pool() -> &'static Mutex<Pool<Self>> {
        static POOL: Mutex<Pool<f64>> = Mutex::new(Pool::new());
        &POOL
    }
    fn data(buffer: Arc<Buffer<Self>>) -> Data {
        Data::F64(buffer)
    }
    fn buffer(data: &Data) -> Option<&Arc<Buffer<Self>>> {
        match data {
            Data::F64(buffer) => Some(buffer),
            _ => None,
        }
    }
    fn into_buffer(data: Data) -> Option<Arc<Buffer<Self>>> {
        match data {
            Data::F64(buffer) => Some(buffer),
            _ => None,
        }
    }
}
