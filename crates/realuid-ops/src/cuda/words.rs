//! A few numbers of the host's in memory of the device.
#![allow(unsafe_code)]

use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::{CudaSlice, LaunchConfig, PushKernelArg};

use super::Context;
use super::scratch::{pointer, scratch};
use crate::Result;

/// Words in one launch; as in `kernels/write_words.cu`.
const GROUP: usize = 480;

/// `words` on the device, to which they travel as parameters of kernels: waits for nothing, and a graph
/// that records it repeats these words.
pub(super) fn write_words(context: &Context, words: &[u64]) -> Result<CudaSlice<u64>> {
    let memory = scratch(context, words.len())?;
    let function = context.function("write_words", "write_words")?;
    for (index, part) in words.chunks(GROUP).enumerate() {
        let mut group = [0_u64; GROUP];
        group[..part.len()].copy_from_slice(part);
        let to = pointer(context, &memory) + (index * size_of_val(&group)) as u64;
        let count = part.len() as u32;
        let mut builder = context.stream().launch_builder(&function);
        builder.arg(&group).arg(&to).arg(&count);
        let config =
            LaunchConfig { grid_dim: (1, 1, 1), block_dim: (256, 1, 1), shared_mem_bytes: 0 };
        // SAFETY: `write_words` takes an array of 480 words, their destination and their number.
        unsafe { builder.launch(config) }.w()?;
    }
    Ok(memory)
}
