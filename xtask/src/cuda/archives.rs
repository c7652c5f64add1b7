use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use super::declarations::functions;
use crate::process;

const LIBRARY: &str = include_str!("files/library.c");
const FUNCTIONS: &str = include_str!("files/functions.S");

/// One library of NVIDIA's that a program is linked with.
struct Library {
    /// As the linker knows it.
    name: &'static str,
    /// The module of cudarc that declares it.
    module: &'static str,
    /// With what its functions begin; an upper case letter follows.
    prefix: &'static str,
    /// The file that is looked for at run time.
    file: &'static str,
    /// The status that calls return where it is missing: that of the driver is what NVIDIA's own stub of
    /// it returns (CUDA_ERROR_STUB_LIBRARY), that of nvrtc an internal error, of the others "not
    /// initialised".
    missing: u32,
}

const LIBRARIES: [Library; 6] = [
    library("cuda", "driver", "cu", "libcuda.so.1", 34),
    library("nvrtc", "nvrtc", "nvrtc", "libnvrtc.so.13", 11),
    library("curand", "curand", "curand", "libcurand.so.10", 101),
    library("cublas", "cublas", "cublas", "libcublas.so.13", 1),
    library("cublasLt", "cublaslt", "cublas", "libcublasLt.so.13", 1),
    library("cudnn", "cudnn", "cudnn", "libcudnn.so.9", 1001),
];

const fn library(
    name: &'static str,
    module: &'static str,
    prefix: &'static str,
    file: &'static str,
    missing: u32,
) -> Library {
    Library { name, module, prefix, file, missing }
}

/// Writes into `lib` an archive for each library, whose functions are those that the source of cudarc
/// declares and which look for the real library when they are first called.
pub fn write(cudarc: &Path, lib: &Path, scratch: &Path) -> anyhow::Result<()> {
    for library in &LIBRARIES {
        let context = || format!("making an archive that stands for {}", library.file);
        library.write(cudarc, lib, scratch).with_context(context)?;
    }
    Ok(())
}

/// What the archives are made of, besides cudarc.
pub fn made_of() -> String {
    let row =
        |l: &Library| format!("{} {} {} {} {}\n", l.name, l.module, l.prefix, l.file, l.missing);
    LIBRARIES.iter().map(row).chain([LIBRARY.to_owned(), FUNCTIONS.to_owned()]).collect()
}

impl Library {
    fn write(&self, cudarc: &Path, lib: &Path, scratch: &Path) -> anyhow::Result<()> {
        let source = cudarc.join("src").join(self.module).join("sys/mod.rs");
        let source = fs::read_to_string(&source)
            .with_context(|| format!("reading the declarations in {}", source.display()))?;
        let folder = scratch.join(self.name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("functions.def"), self.list(&source)?)?;
        let mut objects = Vec::new();
        for (file, text) in [("library.c", LIBRARY), ("functions.S", FUNCTIONS)] {
            fs::write(folder.join(file), text)?;
            let object = folder.join(file).with_extension("o");
            process::run(self.compiler().current_dir(&folder).arg("-o").arg(&object).arg(file))
                .context("expected a C compiler, `cc`; install one, such as gcc")?;
            objects.push(object);
        }
        let archive = lib.join(format!("lib{}.a", self.name));
        process::run(Command::new("ar").arg("rcs").arg(archive).args(objects))
            .context("expected `ar`, which comes with a C compiler (binutils)")
    }

    fn compiler(&self) -> Command {
        let mut command = Command::new("cc");
        command.args(["-O2", "-fPIC", "-Wall", "-Wextra", "-c"]);
        command.arg(format!("-DLIBRARY={}", self.name));
        command.arg(format!("-DFILE_NAME=\"{}\"", self.file));
        command.arg(format!("-DMISSING={}", self.missing));
        command
    }

    /// A line for the assembler for each function that `source` declares.
    fn list(&self, source: &str) -> anyhow::Result<String> {
        let mut lines = String::new();
        for (name, returns_text) in functions(source) {
            let rest = name.strip_prefix(self.prefix).unwrap_or_default();
            if rest.starts_with(|c: char| c.is_ascii_uppercase()) {
                let kind = if returns_text { "RETURNS_TEXT" } else { "RETURNS_STATUS" };
                let _ = writeln!(lines, "{kind}({name})");
            }
        }
        ensure!(!lines.is_empty(), "expected functions {}..., found none declared", self.prefix);
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_of_a_library_are_listed_once_and_cudarcs_own_left_out() {
        let source = "\
pub unsafe fn culib() -> &'static Lib { x }
pub unsafe fn cuInit(flags: u32) -> CUresult { extern \"C\" { fn cuInit(flags: u32) -> CUresult; } }
pub unsafe fn cuText(status: u32) -> *const ::core::ffi::c_char { x }
";
        let list = LIBRARIES[0].list(source).unwrap();
        assert_eq!(list, "RETURNS_STATUS(cuInit)\nRETURNS_TEXT(cuText)\n");
        let error = LIBRARIES[5].list(source).unwrap_err();
        assert!(error.to_string().contains("functions cudnn..."), "{error}");
    }

    /// What a program linked with a stand-in for librealuid-test.so.1 prints, with and without the library.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn calls_reach_the_library_that_is_found_or_return_its_status() {
        const DECLARED: &str =
            "fn cuSum(); fn cuTwice(); fn cuGone(); fn cuText() -> *const c_char;";
        let folder = std::env::temp_dir().join(format!("realuid-archives-{}", std::process::id()));
        let at = |name: &str| folder.join(name);
        fs::create_dir_all(at("src/driver/sys")).unwrap();
        fs::write(at("src/driver/sys/mod.rs"), DECLARED).unwrap();
        fs::write(at("library.c"), include_str!("files/test_library.c")).unwrap();
        fs::write(at("program.c"), include_str!("files/test_program.c")).unwrap();
        let stand_in = library("test", "driver", "cu", "librealuid-test.so.1", 34);
        stand_in.write(&folder, &folder, &at("scratch")).unwrap();
        let cc = |arguments: &str| {
            process::run(Command::new("cc").current_dir(&folder).args(arguments.split(' ')))
                .unwrap();
        };
        cc("program.c -L. -ltest -ldl -lpthread -o program");
        cc("-shared -fPIC library.c -o librealuid-test.so.1");

        let run = |program: &mut Command| process::quiet(program).unwrap();
        let missing = run(Command::new(at("program")).env_remove("REALUID_CUDA_LIBRARIES"));
        assert_eq!(missing, "34 34 librealuid-test.so.1 was not found\n".repeat(2));
        let folders = format!("/nowhere::{}", folder.display());
        let program = &mut Command::new(at("program"));
        let found = run(program.arg("sum").env("REALUID_CUDA_LIBRARIES", folders));
        // 204 from the integers, 285 from the others.
        assert_eq!(found, "489.00 42 34 three\n".repeat(2));
        fs::remove_dir_all(&folder).unwrap();
    }
}
