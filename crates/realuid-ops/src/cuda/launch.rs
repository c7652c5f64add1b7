#![allow(unsafe_code)]

use candle_core::DType;
use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::sys::CUfunction_attribute;
use candle_core::cuda::cudarc::driver::{LaunchConfig, PushKernelArg};

use super::{Array, Context, View};
use crate::Result;

/// How many threads a kernel runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Launch {
    /// Blocks in x, y and z.
    pub blocks: [u32; 3],
    /// Threads of a block.
    pub threads: u32,
    /// Bytes of dynamic shared memory of a block.
    pub shared: u32,
}

/// One argument of a kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument {
    Pointer(u64),
    U32(u32),
    U64(u64),
    F32(f32),
    F64(f64),
}

impl Launch {
    /// For kernels that stride over `count` elements.
    pub fn elements(count: usize) -> Self {
        const THREADS: u32 = 256;
        // Enough to fill the largest GPU several times over.
        const MOST_BLOCKS: usize = 1 << 12;
        let blocks = count.div_ceil(THREADS as usize).clamp(1, MOST_BLOCKS);
        Self { blocks: [blocks as u32, 1, 1], threads: THREADS, shared: 0 }
    }

    /// One block of `threads` threads for each of `count` rows.
    pub fn rows(count: usize, threads: u32) -> Self {
        Self { blocks: [count as u32, 1, 1], threads, shared: 0 }
    }
}

impl Context {
    /// Runs `NAME_DTYPE` (such as `silu_forward_bf16`) of `kernels/MODULE.cu`.
    ///
    /// # Safety
    /// The arguments must be those of the kernel, in number, order and type, and everything that it
    /// reaches through them must be memory of this device that lives until this returns.
    pub unsafe fn launch(
        &self,
        [module, name]: [&'static str; 2],
        dtype: DType,
        launch: Launch,
        arguments: &[Argument],
    ) -> Result<()> {
        let function = self.function(module, &format!("{name}_{}", suffix(dtype)))?;
        if launch.shared > SHARED_WITHOUT_ASKING {
            function.set_attribute(MOST_SHARED, launch.shared as i32).w()?;
        }
        let mut builder = self.stream().launch_builder(&function);
        for argument in arguments {
            match argument {
                Argument::Pointer(value) | Argument::U64(value) => builder.arg(value),
                Argument::U32(value) => builder.arg(value),
                Argument::F32(value) => builder.arg(value),
                Argument::F64(value) => builder.arg(value),
            };
        }
        let [x, y, z] = launch.blocks;
        let config = LaunchConfig {
            grid_dim: (x, y, z),
            block_dim: (launch.threads, 1, 1),
            shared_mem_bytes: launch.shared,
        };
        // SAFETY: the caller's.
        unsafe { builder.launch(config) }.w()?;
        Ok(())
    }
}

/// Bytes of dynamic shared memory that every kernel may have.
const SHARED_WITHOUT_ASKING: u32 = 48 << 10;

/// The attribute of a kernel that lets it have more.
const MOST_SHARED: CUfunction_attribute =
    CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;

fn suffix(dtype: DType) -> &'static str {
    match dtype {
        DType::BF16 => "bf16",
        DType::F16 => "f16",
        _ => "f32",
    }
}

impl From<View<'_>> for Argument {
    fn from(view: View<'_>) -> Self {
        Self::Pointer(view.pointer)
    }
}

impl From<&Array> for Argument {
    fn from(array: &Array) -> Self {
        array.view().into()
    }
}

/// A null pointer for what is absent.
impl From<Option<View<'_>>> for Argument {
    fn from(view: Option<View<'_>>) -> Self {
        Self::Pointer(view.map_or(0, |view| view.pointer))
    }
}

/// A null pointer for what is absent.
impl From<Option<&Array>> for Argument {
    fn from(array: Option<&Array>) -> Self {
        array.map(Array::view).into()
    }
}

/// A count; every array has fewer than 2^31 elements.
impl From<usize> for Argument {
    fn from(count: usize) -> Self {
        Self::U32(u32::try_from(count).expect("arrays of fewer than 2^31 elements"))
    }
}

impl From<f32> for Argument {
    fn from(value: f32) -> Self {
        Self::F32(value)
    }
}
