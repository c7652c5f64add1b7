//! Compiles `kernels/*.cu`, one fat binary each, where the feature `cuda` is on.
//!
//! `NVCC` names the compiler (otherwise `$CUDA_HOME/bin/nvcc`, then `nvcc` on the PATH), and
//! `CUDA_COMPUTE_CAP` the oldest GPU, such as 80, for which candle compiles its kernels too.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, thread};

fn main() {
    for variable in ["NVCC", "CUDA_HOME", "CUDA_COMPUTE_CAP"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    if env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return;
    }
    println!("cargo::rerun-if-changed=kernels");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo names a folder for results"));
    if let Err(message) = compile_all(Path::new("kernels"), &out) {
        println!("cargo::error={message}");
    }
}

/// Fat binaries of all kernels, and `modules.rs`, a table of them.
fn compile_all(folder: &Path, out: &Path) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("listing {}: {e}", folder.display()))?;
    let mut sources: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    sources.retain(|path| path.extension().is_some_and(|extension| extension == "cu"));
    sources.sort();
    let oldest = oldest_gpu()?;
    // Its number is in the name, so that what was compiled for others is not mistaken for it.
    let result = |source: &Path| out.join(format!("{}-{oldest}.fatbin", stem(source)));
    let workers = thread::available_parallelism().map_or(1, Into::into);
    for part in sources.chunks(workers) {
        thread::scope(|scope| {
            let mut started = Vec::new();
            for source in part {
                let file = result(source);
                started.push(scope.spawn(move || compile(source, oldest, &file)));
            }
            started.into_iter().try_for_each(|one| one.join().expect("compiling does not panic"))
        })?;
    }
    let mut table = String::from("&[\n");
    for source in &sources {
        let (name, file) = (stem(source), result(source));
        let _ = writeln!(table, "({name:?}, include_bytes!({:?})),", file.to_string_lossy());
    }
    table += "]\n";
    let file = out.join("modules.rs");
    fs::write(&file, table).map_err(|e| format!("writing {}: {e}", file.display()))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether `out` was made after `source` and all headers beside it were last changed.
fn is_current(out: &Path, source: &Path) -> bool {
    let folder = source.parent().unwrap_or(source);
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let headers = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let headers = headers.filter(|path| path.extension().is_some_and(|e| e == "cuh"));
    let mut sources = headers.chain([source.to_owned()]);
    changed(out).is_some_and(|made| sources.all(|path| changed(&path).is_some_and(|at| at < made)))
}

/// Makes the fat binary `out` of `source`.
fn compile(source: &Path, oldest: u32, out: &Path) -> Result<(), String> {
    if is_current(out, source) {
        return Ok(());
    }
    let nvcc = nvcc();
    let result = Command::new(&nvcc)
        .args(["-fatbin", "-O3", "-std=c++17", "-Xfatbin", "-compress-all"])
        .args(targets(oldest))
        .arg("-o")
        .arg(out)
        .arg(source)
        .output()
        .map_err(|e| {
            format!(
                "expected nvcc at {}, found none ({e}); install the CUDA toolkit and set CUDA_HOME, \
                 or build with `cargo xtask build-cuda`",
                nvcc.display()
            )
        })?;
    if result.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&result.stderr).replace('\n', " | ");
    Err(format!("{} could not compile {}: {errors}", nvcc.display(), source.display()))
}

/// The real compiler: candle's may be a wrapper that leaves out kernels of its own.
fn nvcc() -> PathBuf {
    let named = env::var_os("NVCC").map(PathBuf::from);
    let home = env::var_os("CUDA_HOME").map(|home| Path::new(&home).join("bin/nvcc"));
    named.or(home).unwrap_or_else(|| "nvcc".into())
}

/// The oldest GPU to compile for, as 10 times its compute capability.
fn oldest_gpu() -> Result<u32, String> {
    // The first with bfloat16.
    const LEAST: u32 = 80;
    let given = env::var("CUDA_COMPUTE_CAP").unwrap_or_else(|_| LEAST.to_string());
    let number: Result<u32, _> = given.parse();
    number.map(|number| number.max(LEAST)).map_err(|_| {
        format!("expected CUDA_COMPUTE_CAP to be a number such as 90, found {given:?}")
    })
}

/// Machine code for the GPUs in use, and code that drivers compile for later ones.
fn targets(oldest: u32) -> Vec<String> {
    // What runs on 8.0 runs on 8.6 and 8.9 as it is.
    const MACHINES: [u32; 4] = [80, 90, 100, 120];
    let machine = |m: u32| format!("-gencode=arch=compute_{m},code=sm_{m}");
    let later = format!("-gencode=arch=compute_{oldest},code=compute_{oldest}");
    MACHINES.into_iter().filter(|m| *m >= oldest).map(machine).chain([later]).collect()
}
