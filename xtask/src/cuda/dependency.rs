use std::path::PathBuf;

use anyhow::Context;
use serde::Deserialize;

use crate::cargo::cargo;
use crate::process;

/// Crates that are compiled with the feature `cuda`, whose sources a CUDA home is made from, and where cargo
/// compiles to.
pub struct Dependencies {
    pub cudarc: Dependency,
    pub candle_kernels: Dependency,
    /// The workspace's `target` folder, wherever the user's settings put it.
    pub target: PathBuf,
}

/// A crate of another's.
pub struct Dependency {
    pub version: String,
    /// Where its source lies.
    pub folder: PathBuf,
}

impl Dependencies {
    /// Asks cargo, which downloads the sources where they are missing.
    pub fn read() -> anyhow::Result<Self> {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1", "--features", "cuda"]);
        command.args(["--manifest-path", "crates/realuid-train/Cargo.toml"]);
        let metadata: Metadata = serde_json::from_str(&process::read(&mut command)?)
            .context("reading `cargo metadata`")?;
        Ok(Self {
            cudarc: metadata.find("cudarc")?,
            candle_kernels: metadata.find("candle-kernels")?,
            target: metadata.target_directory,
        })
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    manifest_path: PathBuf,
}

impl Metadata {
    fn find(&self, name: &str) -> anyhow::Result<Dependency> {
        let package = self.packages.iter().find(|package| package.name == name);
        let package = package.with_context(|| {
            format!("expected {name} among the crates of the feature cuda, found none")
        })?;
        let folder = package.manifest_path.parent().unwrap_or(&package.manifest_path).to_owned();
        Ok(Dependency { version: package.version.clone(), folder })
    }
}
