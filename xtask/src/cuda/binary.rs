use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::process;

/// A `realuid` that is to start on any machine, with a GPU or without.
pub struct Binary {
    path: PathBuf,
}

/// Largest size, in bytes.
const LIMIT: u64 = 40_000_000;
/// With what the names of the libraries begin that only machines with NVIDIA's software have.
const NVIDIA: [&str; 5] = ["libcuda", "libcudnn", "libcublas", "libcurand", "libnv"];

impl Binary {
    /// The one at `path`.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Checks its size, the libraries without which it would not start, that it starts, and what it says
    /// of this machine's GPU. Returns all that as lines.
    pub fn check(&self) -> anyhow::Result<String> {
        let size = std::fs::metadata(&self.path).context("reading the binary's size")?.len();
        ensure!(
            size < LIMIT,
            "{}: expected less than {LIMIT} bytes, found {size}; see what a new dependency or kernel adds",
            self.path.display()
        );
        let dynamic = process::quiet(Command::new("readelf").arg("--dynamic").arg(&self.path))
            .context("expected `readelf`, which comes with a C compiler (binutils)")?;
        let needed = needed(&dynamic);
        if let Some(library) = needed.iter().find(|n| NVIDIA.iter().any(|with| n.starts_with(with)))
        {
            bail!(
                "expected a binary that starts without {library}, found that it is linked with it"
            );
        }
        let version = process::quiet(Command::new(&self.path).arg("--version"))?;
        Ok(format!(
            "binary   {}\nsize     {:.1} MB\nneeds    {}\nversion  {}\ngpu      {}",
            self.path.display(),
            size as f64 / 1e6,
            needed.join(" "),
            version.trim(),
            self.gpu()?
        ))
    }

    /// The GPU that it finds, or its own words where there is none.
    fn gpu(&self) -> anyhow::Result<String> {
        let mut command = Command::new(&self.path);
        let output = command.args(["device", "--device", "cuda"]).output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        ensure!(
            output.status.code() == Some(1) && said.contains("expected a CUDA GPU, found"),
            "`realuid device --device cuda` on a machine without a GPU: expected exit code 1 and a line \
             that says so, found {} and: {said}",
            output.status
        );
        Ok(said)
    }
}

/// The shared libraries that `readelf --dynamic` names.
fn needed(dynamic: &str) -> Vec<&str> {
    dynamic
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needed_libraries_are_read() {
        let dynamic = "\
Dynamic section at offset 0x1 contains 30 entries:
 0x0000000000000001 (NEEDED)             Shared library: [libcuda.so.1]
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x000000000000000c (INIT)               0x4000
";
        assert_eq!(needed(dynamic), ["libcuda.so.1", "libc.so.6"]);
    }
}
