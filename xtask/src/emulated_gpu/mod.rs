//! A GPU made of the CPU, on which CUDA code is tested where there is none.

mod host_source;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, thread};

use anyhow::{Context, bail};
use clap::Args;

use crate::cargo::{below_root, root};
use crate::cuda::Dependencies;
use crate::process;
use host_source::host_source;

/// `cargo xtask emulated-gpu`
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the libraries; `target/emulated-gpu` if not given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Parts of the driver.
const DRIVER: [&str; 7] = ["context", "device", "fiber", "launch", "memory", "streams", "threads"];

/// The libraries beside the driver, with the names under which programs look for them.
const LIBRARIES: [[&str; 2]; 3] =
    [["cublas", "libcublas.so.13"], ["cudnn", "libcudnn.so.9"], ["curand", "libcurand.so.10"]];

/// candle's kernels that are emulated: all but those of quantised networks.
const CANDLE: [&str; 10] =
    ["affine", "binary", "cast", "conv", "fill", "indexing", "reduce", "sort", "ternary", "unary"];

impl Arguments {
    pub fn run(self) -> anyhow::Result<()> {
        let folder = build(self.out)?;
        println!(
            "Programs built with CUDA run on the emulated GPU where these are set:\n\
             REALUID_CUDA_LIBRARIES={} REALUID_EXPECT_CUDA=1",
            folder.display()
        );
        Ok(())
    }
}

/// Makes the libraries, and of those that exist only what is older than its sources; returns their
/// folder.
pub fn build(out: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let dependencies = Dependencies::read()?;
    let out = out.unwrap_or_else(|| dependencies.target.join("emulated-gpu"));
    let emulator = Emulator { sources: below_root("tests/emulated-gpu"), out: out.clone() };
    fs::create_dir_all(out.join("kernels")).with_context(|| format!("making {}", out.display()))?;
    emulator.driver()?;
    for [name, library] in LIBRARIES {
        emulator.library(name, library)?;
    }
    let candle = dependencies.candle_kernels.folder.join("src");
    let own = root().join("crates/realuid-ops/kernels");
    let mut kernels: Vec<_> =
        CANDLE.iter().map(|name| ("candle", candle.join(format!("{name}.cu")))).collect();
    kernels.extend(files_with(&own, "cu")?.into_iter().map(|file| ("realuid", file)));
    in_pairs(&kernels, |(owner, source)| emulator.kernel(owner, source))?;
    Ok(out)
}

/// Where sources are, and where libraries go.
struct Emulator {
    sources: PathBuf,
    out: PathBuf,
}

impl Emulator {
    fn driver(&self) -> anyhow::Result<()> {
        let sources: Vec<_> =
            DRIVER.iter().map(|name| self.sources.join(format!("src/{name}.cpp"))).collect();
        let library = self.driver_library();
        if self.is_newer(&library, &[])? {
            return Ok(());
        }
        let mut command = self.compiler(&library);
        process::run(command.args(sources).args(["-Wl,-soname,libcuda.so.1", "-ldl"]))
    }

    fn library(&self, name: &str, file: &str) -> anyhow::Result<()> {
        let library = self.out.join(file);
        if self.is_newer(&library, &[])? {
            return Ok(());
        }
        let source = self.sources.join(format!("src/{name}.cpp"));
        let mut command = self.compiler(&library);
        command.args([source, self.driver_library()]).arg("-Wl,-rpath,$ORIGIN");
        process::run(&mut command)
    }

    /// A library of the kernels of one source.
    fn kernel(&self, owner: &str, source: &Path) -> anyhow::Result<()> {
        let name = source.file_stem().unwrap_or_default().to_string_lossy();
        let library = self.out.join(format!("kernels/{owner}_{name}.so"));
        let folder = source.parent().unwrap_or(source);
        if self.is_newer(&library, &[folder])? {
            return Ok(());
        }
        println!("Compiling {owner}'s {name}.cu for the CPU");
        let mut preprocessor = Command::new("g++");
        preprocessor
            .args(["-std=c++17", "-E", "-x", "c++", "-I"])
            .arg(self.sources.join("include"));
        preprocessor.arg("-include").arg(self.sources.join("include/cuda_on_host.h")).arg(source);
        let text = host_source(&process::read(&mut preprocessor)?)
            .with_context(|| format!("translating {}", source.display()))?;
        let translated = self.out.join(format!("kernels/{owner}_{name}.ii"));
        fs::write(&translated, text)
            .with_context(|| format!("writing {}", translated.display()))?;
        let mut command = self.compiler(&library);
        // Not our code, or written for another compiler: its warnings help nobody.
        // It moves several numbers at once through types of their size, which nvcc allows.
        command
            .args(["-w", "-fno-strict-aliasing", "-fvisibility=hidden"])
            .arg(&translated)
            .arg(self.driver_library());
        process::run(&mut command)
    }

    fn compiler(&self, library: &Path) -> Command {
        let mut command = Command::new("g++");
        command.args(["-std=c++17", "-O2", "-fPIC", "-shared", "-I"]);
        command.arg(self.sources.join("include")).arg("-o").arg(library);
        command
    }

    fn driver_library(&self) -> PathBuf {
        self.out.join("libcuda.so.1")
    }

    /// Whether `file` is newer than the emulator's own sources and everything in `folders`.
    fn is_newer(&self, file: &Path, folders: &[&Path]) -> anyhow::Result<bool> {
        let Ok(made) = fs::metadata(file).and_then(|data| data.modified()) else {
            return Ok(false);
        };
        let own = ["src", "include"].map(|name| self.sources.join(name));
        for folder in own.iter().map(PathBuf::as_path).chain(folders.iter().copied()) {
            for source in files_in(folder)? {
                if fs::metadata(&source)?.modified()? >= made {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

fn files_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}

fn files_with(folder: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = files_in(folder)?;
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    Ok(files)
}

/// Does all `work`, two pieces at a time.
fn in_pairs<T: Sync>(
    work: &[T],
    run: impl Fn(&T) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<()> {
    for pair in work.chunks(2) {
        let results: Vec<_> = thread::scope(|scope| {
            let started: Vec<_> = pair.iter().map(|piece| scope.spawn(|| run(piece))).collect();
            started.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        for result in results {
            match result {
                Ok(done) => done?,
                Err(_) => bail!("compiling a kernel for the CPU ended in a panic"),
            }
        }
    }
    Ok(())
}
