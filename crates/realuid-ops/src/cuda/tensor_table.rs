#![allow(unsafe_code)]

use std::sync::Arc;

use candle_core::cuda::cudarc::driver::CudaSlice;

use super::scratch::pointer;
use super::words::write_words;
use super::{Argument, Context, Launch, View};
use crate::Result;
use crate::error::argument;

/// Many tensors of f32, in one or several roles, as one list of chunks for kernels to work on: the
/// table that `kernels/tensors.cuh` describes, in memory of the device.
///
/// It is made anew for every use and its words travel as parameters of kernels, 480 in each launch.
/// Gradients have new addresses at every step, and a launch costs microseconds; in exchange nothing
/// can be out of date, and the launches can be captured in a graph like any others.
pub(super) struct TensorTable {
    context: Arc<Context>,
    words: CudaSlice<u64>,
    tensors: usize,
    chunks: usize,
}

/// Elements that one block of threads works on; as in `kernels/tensors.cuh`.
const CHUNK: usize = 4096;

impl TensorTable {
    /// A table of `roles`: in each the same number of tensors, of the same lengths. The words
    /// `behind` stand after it.
    pub fn new(context: &Arc<Context>, roles: &[Vec<View<'_>>], behind: &[u64]) -> Result<Self> {
        check(roles)?;
        let lengths = roles[0].iter().map(|view| view.len);
        let (mut words, mut chunks) = (Vec::new(), 0);
        for length in lengths.clone() {
            words.push(chunks as u64);
            chunks += length.div_ceil(CHUNK);
        }
        words.extend(lengths.map(|length| length as u64));
        words.extend(roles.iter().flatten().map(|view| view.pointer));
        words.extend(behind);
        let words = write_words(context, &words)?;
        Ok(Self { context: context.clone(), words, tensors: roles[0].len(), chunks })
    }

    pub fn context(&self) -> &Arc<Context> {
        &self.context
    }

    /// Number of chunks, and of blocks of [`TensorTable::launch`].
    pub fn chunks(&self) -> usize {
        self.chunks
    }

    /// Runs a kernel on all chunks, `rest` being its arguments after the table and the number of
    /// tensors; does nothing where there are no elements.
    ///
    /// # Safety
    /// As for [`Context::launch`]; the roles must be those that the kernel reads and writes.
    pub unsafe fn launch(&self, names: [&'static str; 2], rest: &[Argument]) -> Result<()> {
        if self.chunks == 0 {
            return Ok(());
        }
        let table = Argument::Pointer(pointer(&self.context, &self.words));
        let arguments = [&[table, self.tensors.into()], rest].concat();
        let launch = Launch::rows(self.chunks, 256);
        // SAFETY: the caller's; the table has been written on the same stream.
        unsafe { self.context.launch(names, candle_core::DType::F32, launch, &arguments) }
    }
}

/// Fails unless all roles have the same lengths, and everything is of f32.
fn check(roles: &[Vec<View<'_>>]) -> Result<()> {
    let like = roles[0].iter().map(|view| (candle_core::DType::F32, view.len));
    for role in roles {
        if !role.iter().map(|view| (view.dtype, view.len)).eq(like.clone()) {
            let expected = "tensors of dtype F32, those that belong together of one length";
            let found = format!("{role:?}");
            return Err(argument("arithmetic of many tensors on a GPU", expected, found));
        }
    }
    Ok(())
}
