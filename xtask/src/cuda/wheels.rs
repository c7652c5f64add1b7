use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::process;

/// The wheels, with the hashes that pip checks.
pub const REQUIREMENTS: &str = include_str!("files/requirements.txt");

/// Installs the compiler's wheels below `scratch`, through the index that the user's pip is set to, and
/// returns the folder that is laid out as a toolkit.
pub fn install(scratch: &Path) -> anyhow::Result<PathBuf> {
    let (requirements, wheels) = (scratch.join("requirements.txt"), scratch.join("wheels"));
    fs::write(&requirements, REQUIREMENTS).context("writing the list of wheels")?;
    process::quiet(Command::new("python3").args(["-m", "pip", "--version"])).context(
        "expected `python3 -m pip`, which downloads the compiler; install Python with pip, or build \
         against an installed CUDA toolkit (docs/cuda.md)",
    )?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--no-compile"]);
    pip.args(["--only-binary=:all:", "--disable-pip-version-check", "--root-user-action=ignore"]);
    pip.arg("--requirement").arg(&requirements).arg("--target").arg(&wheels);
    process::run(&mut pip).context(
        "downloading the compiler: expected pip to reach PyPI, or an index that it is set to \
         (PIP_INDEX_URL, PIP_FIND_LINKS)",
    )?;
    let home = wheels.join("nvidia/cu13");
    link_runtime_statically(&home.join("lib")).context("preparing the wheels' libraries")?;
    std::os::unix::fs::symlink("lib", home.join("lib64")).context("linking lib64")?;
    Ok(home)
}

/// The linker takes the CUDA runtime from the archive where it finds no shared library.
fn link_runtime_statically(lib: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(lib)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("libcudart.so") {
            fs::remove_file(path)?;
        }
    }
    fs::copy(lib.join("libcudart_static.a"), lib.join("libcudart.a")).map(|_| ())
}
