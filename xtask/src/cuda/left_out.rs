use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;

use super::declarations::functions;

const SOURCE: &str = include_str!("files/left_out.cpp");
const NVCC: &str = include_str!("files/nvcc-for-candle.sh");

/// What this is made of, besides candle-kernels.
pub const MADE_OF: [&str; 2] = [SOURCE, NVCC];

/// Writes the program `nvcc`, which leaves out those kernels of candle that are most of its binary and that
/// nothing here calls, and what it compiles in their place into `folder`.
pub fn write(candle_kernels: &Path, folder: &Path, nvcc: &Path) -> anyhow::Result<()> {
    let declared = candle_kernels.join("src/ffi.rs");
    let declared = fs::read_to_string(&declared)
        .with_context(|| format!("reading the declarations in {}", declared.display()))?;
    let mut list = String::new();
    for name in functions(&declared).keys() {
        let _ = writeln!(list, "LEFT_OUT({name})");
    }
    let write = || {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("left_out.cpp"), SOURCE)?;
        fs::write(folder.join("left_out.def"), list)?;
        fs::write(folder.join("quantized.cu"), "")?;
        fs::write(nvcc, NVCC)?;
        fs::set_permissions(nvcc, fs::Permissions::from_mode(0o755))
    };
    write().context("writing what stands for the kernels that are left out")
}
