//! Several tensors lent for writing at once.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::mem::swap;

use candle_core::{CpuStorage, InplaceOp1, Layout, Result as CandleResult, Tensor};

use crate::Result;
use crate::element::Element;
use crate::storage::in_place_slice;

/// The values of a contiguous tensor on the CPU, taken out of it; they are back once this is gone.
///
/// candle lends one tensor at a time for writing, and only for the duration of a call. In the
/// meantime the tensor is empty, so nobody may use it; who tries is refused or panics, and never
/// sees values that are half changed.
pub(crate) struct Taken<'a, T> {
    tensor: &'a Tensor,
    storage: CpuStorage,
    element: PhantomData<T>,
}

impl<'a, T: Element> Taken<'a, T> {
    /// Fails, with the tensor as it was, unless it is contiguous, on the CPU and of type `T`.
    pub fn new(tensor: &'a Tensor) -> Result<Self> {
        let mut taken = Self { tensor, storage: empty(), element: PhantomData };
        taken.exchange()?;
        in_place_slice::<T>(&mut taken.storage, tensor.layout())?;
        Ok(taken)
    }

    /// The elements, row-major.
    pub fn values(&mut self) -> &mut [T] {
        in_place_slice(&mut self.storage, self.tensor.layout()).expect("checked when taken")
    }
}

impl<T> Taken<'_, T> {
    /// Swaps what the tensor holds and what this holds.
    fn exchange(&mut self) -> CandleResult<()> {
        self.tensor.inplace_op1(&Exchange(RefCell::new(&mut self.storage)))
    }
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        // Nothing was taken from a tensor that is not on the CPU, so there is nothing to put back.
        let _ = self.exchange();
    }
}

/// A storage of no elements, which needs no memory.
fn empty() -> CpuStorage {
    CpuStorage::U8(Vec::new())
}

struct Exchange<'a>(RefCell<&'a mut CpuStorage>);

impl InplaceOp1 for Exchange<'_> {
    fn name(&self) -> &'static str {
        "taking the values of a tensor"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, _: &Layout) -> CandleResult<()> {
        swap(storage, &mut self.0.borrow_mut());
        Ok(())
    }
}
