use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use super::torchcfm;
use crate::bench::machine;
use crate::cargo::{executables, root};
use crate::cuda::{self, CudaHome};
use crate::process;

/// A folder with everything that the suite needs on a machine with a GPU and Python with PyTorch.
pub struct Bundle {
    folder: PathBuf,
    pub origin: Origin,
}

/// What the programs in a bundle were made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    pub commit: String,
    pub compiler: String,
}

/// Our program, the only one with kernels in it.
const PROGRAM: &str = "realuid-bench";
const ORIGIN: &str = "bundle.json";
/// Largest size of the folder, in bytes: it travels.
const LIMIT: u64 = 60 << 20;

impl Bundle {
    /// The one in `folder`.
    pub fn open(folder: PathBuf) -> anyhow::Result<Self> {
        let folder = std::path::absolute(folder).context("finding the bundle")?;
        let file = folder.join(ORIGIN);
        let text = fs::read_to_string(&file).with_context(|| {
            format!("{}: expected what `cargo xtask gpu --bundle DIR` writes", file.display())
        })?;
        let origin = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
        Ok(Self { folder, origin })
    }

    /// Compiles the programs and writes them into `folder` with peers and fixtures, over what an earlier
    /// bundle left there.
    pub fn write(folder: &Path, fixtures: Option<&Path>) -> anyhow::Result<Self> {
        refuse_to_replace_what_is_not_ours(folder)?;
        let programs = build()?;
        let doing = || format!("writing the bundle {}", folder.display());
        fs::create_dir_all(folder).with_context(doing)?;
        for program in &programs {
            let name = program.file_name().context("a program has a name")?;
            fs::copy(program, folder.join(name)).with_context(doing)?;
        }
        replace_folder(&root().join("benches/peers"), &folder.join("peers")).with_context(doing)?;
        torchcfm::write(&folder.join("peers"))?;
        let own = root().join("tests/fixtures");
        replace_folder(&own, &folder.join("fixtures/repository")).with_context(doing)?;
        if let Some(more) = fixtures {
            replace_folder(more, &folder.join("fixtures/more")).with_context(doing)?;
        }
        let origin = Origin { commit: machine::commit()?, compiler: machine::compiler()? };
        fs::write(folder.join(ORIGIN), serde_json::to_string(&origin)?).with_context(doing)?;
        Self::open(folder.to_owned())
    }

    /// Our program.
    pub fn program(&self) -> PathBuf {
        self.folder.join(PROGRAM)
    }

    /// PyTorch's.
    pub fn peer(&self) -> PathBuf {
        self.folder.join("peers/main.py")
    }

    /// Golden numbers, at any depth.
    pub fn fixtures(&self) -> PathBuf {
        self.folder.join("fixtures")
    }

    /// Its size, and what is to be done with it; an error if it is too large to travel.
    pub fn summary(&self) -> anyhow::Result<String> {
        let size = size(&self.folder)?;
        let folder = self.folder.display();
        ensure!(
            size <= LIMIT,
            "{folder}: expected at most {} MiB, found {}; take fewer --fixtures along",
            LIMIT >> 20,
            size >> 20
        );
        let megabytes = size as f64 / 1e6;
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        Ok(format!(
            "{folder}: {megabytes:.1} MB. Where it has been copied to:\n\
             {name}/xtask gpu --in {name} --peer python3"
        ))
    }
}

/// The program with the kernels and this one, as they start anywhere.
fn build() -> anyhow::Result<Vec<PathBuf>> {
    let mut command = cuda::cargo(&CudaHome::ready(None)?, "build")?;
    command.args(["--package", PROGRAM, "--features", "realuid-bench/cuda", "--package", "xtask"]);
    command.args(["--bins", "--message-format=json-render-diagnostics"]).stdin(Stdio::null());
    let programs = executables(&process::read(&mut command)?);
    ensure!(programs.len() == 2, "expected two programs to be built, found {programs:?}");
    Ok(programs)
}

fn refuse_to_replace_what_is_not_ours(folder: &Path) -> anyhow::Result<()> {
    let empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    ensure!(
        empty || folder.join(ORIGIN).is_file(),
        "{}: expected an earlier bundle or nothing, found other files; choose another folder",
        folder.display()
    );
    Ok(())
}

/// A copy of the folder `from` in place of whatever is at `to`.
fn replace_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    copy_folder(from, to)
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    let entries = fs::read_dir(from).with_context(|| format!("reading {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &place)?;
        } else {
            fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}

fn size(path: &Path) -> anyhow::Result<u64> {
    if !path.is_dir() {
        return Ok(fs::metadata(path)?.len());
    }
    fs::read_dir(path)?.map(|entry| size(&entry?.path())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_copied_whole_and_measured() {
        let top = std::env::temp_dir().join(format!("bundle-{}", std::process::id()));
        let (from, to) = (top.join("from"), top.join("to"));
        fs::create_dir_all(from.join("a/b")).unwrap();
        fs::write(from.join("a/b/c"), "12345").unwrap();
        fs::create_dir_all(&to).unwrap();
        fs::write(to.join("old"), "1").unwrap();
        replace_folder(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("a/b/c")).unwrap(), "12345");
        assert!(!to.join("old").exists());
        assert_eq!(size(&top).unwrap(), 10);
        assert!(refuse_to_replace_what_is_not_ours(&top).is_err());
        fs::remove_dir_all(&top).unwrap();
        assert!(refuse_to_replace_what_is_not_ours(&top).is_ok());
    }
}
