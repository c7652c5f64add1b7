use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use clap::Args;

use super::CudaHome;
use super::binary::Binary;
use super::dependency::Dependencies;
use crate::process;

/// `cargo xtask build-cuda`
#[derive(Debug, Args)]
pub struct Arguments {
    /// Copy the binary to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The CUDA home to build with, as `cargo xtask cuda-home DIR` makes it
    #[arg(long, value_name = "DIR")]
    home: Option<PathBuf>,
}

impl Arguments {
    pub fn run(self) -> anyhow::Result<()> {
        let binary = build(&CudaHome::ready(self.home.as_deref())?)?;
        match self.out {
            Some(out) => copy(binary.path(), &out),
            None => Ok(()),
        }
    }
}

/// Compiles `realuid` for GPUs, checks that it is small and starts wherever it is copied to, and prints
/// what it is.
pub fn build(home: &CudaHome) -> anyhow::Result<Binary> {
    let mut command = cargo(home, "build")?;
    command.args(["--package", "realuid-train", "--features", "cuda", "--bins"]);
    command.arg("--message-format=json-render-diagnostics").stdin(Stdio::null());
    let messages = process::read(&mut command)?;
    let path = crate::cargo::executable(&messages)
        .context("package realuid-train: expected a binary to be built, found none")?;
    let binary = Binary::new(path);
    println!("{}", binary.check()?);
    Ok(binary)
}

/// Cargo with `subcommand`, compiling with `home`. Everything for GPUs has one profile and one folder of its
/// own, so that candle's kernels, which take minutes, are compiled once, and nothing for CPUs again.
pub fn cargo(home: &CudaHome, subcommand: &str) -> anyhow::Result<Command> {
    let target = Dependencies::read()?.target.join("cuda");
    let mut command = crate::cargo::cargo();
    command.args([subcommand, "--profile", "portable", "--target-dir"]).arg(target);
    home.apply(&mut command);
    Ok(command)
}

/// A program that runs keeps its file, so the copy takes its place at the end.
fn copy(binary: &Path, out: &Path) -> anyhow::Result<()> {
    let mut unfinished = out.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let copy = || {
        std::fs::copy(binary, &unfinished)?;
        std::fs::rename(&unfinished, out)
    };
    copy().with_context(|| format!("copying the binary to {}", out.display()))
}
