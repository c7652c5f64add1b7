#![allow(unsafe_code)]

use candle_core::DType;
use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::CudaSlice;

use super::kernel::context_of;
use super::lent::Lent;
use super::scratch::{pointer, scratch};
use super::tensor_table::TensorTable;
use super::{Argument, Context, Launch};
use crate::Result;
use crate::tape::Data;

/// The L2 norm of all together, accumulated in f64; waits for the device.
pub(crate) fn norm(all: &[&Data]) -> Result<f64> {
    let Some(first) = all.first() else { return Ok(0.0) };
    let context = context_of(first)?;
    let lent = Lent::data(all.iter().copied());
    let squares = Squares::of(&TensorTable::new(&context, &[lent.views()?], &[])?)?;
    let result = scratch::<f64>(&context, 1)?;
    let to = Argument::Pointer(pointer(&context, &result));
    // SAFETY: `norm_of_tensors` takes, after the squares, where the norm goes.
    unsafe { squares.launch(&context, "norm_of_tensors", &[to])? };
    Ok(context.stream().clone_dtoh(&result).w()?[0])
}

/// The sum of squares of every chunk of the tensors in a table's first role.
pub(super) struct Squares {
    sums: CudaSlice<f64>,
    count: usize,
}

impl Squares {
    pub fn of(table: &TensorTable) -> Result<Self> {
        let sums = scratch::<f64>(table.context(), table.chunks())?;
        let to = Argument::Pointer(pointer(table.context(), &sums));
        // SAFETY: `squares_of_tensors` reads the first role and writes one sum for each chunk.
        unsafe { table.launch(["norm_of_tensors", "squares_of_tensors"], &[to])? };
        Ok(Self { sums, count: table.chunks() })
    }

    /// Runs a kernel on the sums, `rest` being its arguments after them and their number.
    ///
    /// # Safety
    /// As for [`Context::launch`].
    pub unsafe fn launch(
        &self,
        context: &Context,
        name: &'static str,
        rest: &[Argument],
    ) -> Result<()> {
        let sums = Argument::Pointer(pointer(context, &self.sums));
        let arguments = [&[sums, self.count.into()], rest].concat();
        let launch = Launch::rows(1, 256);
        // SAFETY: the caller's.
        unsafe { context.launch(["norm_of_tensors", name], DType::F32, launch, &arguments) }
    }
}
