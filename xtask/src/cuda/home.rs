use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, bail, ensure};

use super::dependency::Dependencies;
use super::{archives, left_out, wheels};

/// A folder laid out as an installed CUDA toolkit: the compiler from PyPI, and archives that stand for the
/// libraries until a program that is linked with them finds the real ones.
pub struct CudaHome {
    folder: PathBuf,
}

/// Says what a home was made of.
const STAMP: &str = "made-of.txt";
/// What stands for nvcc where candle's kernels are compiled.
const NVCC: &str = "bin/nvcc-for-candle";
/// The oldest GPU that kernels are compiled for, and the version of CUDA that cudarc declares.
const SETTINGS: [(&str, &str); 2] = [("CUDA_COMPUTE_CAP", "80"), ("CUDARC_CUDA_VERSION", "13000")];

impl CudaHome {
    /// Whether it can be made on this machine: the wheels and the archives are for one kind.
    pub const SUPPORTED: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

    /// The home in `folder`, or in the user's cache folder; made where it is missing or made of
    /// something else.
    pub fn ready(folder: Option<&Path>) -> anyhow::Result<Self> {
        ensure!(
            Self::SUPPORTED,
            "the portable CUDA build: expected Linux on x86-64, found {} on {}; install the CUDA \
             toolkit and build with `--features cuda` (docs/cuda.md)",
            env::consts::OS,
            env::consts::ARCH
        );
        let folder = match folder {
            Some(folder) => std::path::absolute(folder).context("finding the CUDA home")?,
            None => cache()?.join("realuid/cuda-13.0"),
        };
        let dependencies = Dependencies::read()?;
        let made_of = stamp(&dependencies);
        if fs::read_to_string(folder.join(STAMP)).is_ok_and(|found| found == made_of) {
            return Ok(Self { folder });
        }
        refuse_to_replace_what_is_not_ours(&folder)?;
        eprintln!("Making a CUDA home in {} (some 105 MB to download).", folder.display());
        let home = Self { folder };
        home.make(&dependencies, &made_of).context("making a CUDA home")?;
        Ok(home)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Has `command` build with it.
    pub fn apply(&self, command: &mut Command) {
        let bin = self.folder.join("bin");
        let path = env::var_os("PATH").unwrap_or_default();
        // Only a folder with a colon in its name cannot be joined; cargo then finds no nvcc and says so.
        let path =
            env::join_paths([bin].into_iter().chain(env::split_paths(&path))).unwrap_or(path);
        command.env("PATH", path).env("CUDA_HOME", &self.folder).env("CUDA_PATH", &self.folder);
        command.env("NVCC", self.folder.join(NVCC)).envs(SETTINGS);
    }

    /// Everything is made beside the folder and takes its place at the end, whole.
    fn make(&self, dependencies: &Dependencies, made_of: &str) -> anyhow::Result<()> {
        let sibling = |ending: &str| {
            let mut name = self.folder.as_os_str().to_owned();
            name.push(format!(".{ending}-{}", std::process::id()));
            PathBuf::from(name)
        };
        let (scratch, superseded) = (sibling("unfinished"), sibling("superseded"));
        let made = make_in(&scratch, dependencies, made_of).and_then(|new| {
            if self.folder.exists() {
                fs::rename(&self.folder, &superseded).context("setting the old one aside")?;
            }
            fs::rename(new, &self.folder).context("putting it in its place")
        });
        // Neither is of use to anyone, and what went wrong before matters more.
        let _ = fs::remove_dir_all(&scratch);
        let _ = fs::remove_dir_all(&superseded);
        made
    }
}

/// Makes a home below `scratch` and returns where.
fn make_in(scratch: &Path, dependencies: &Dependencies, made_of: &str) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(scratch).with_context(|| format!("creating {}", scratch.display()))?;
    let home = wheels::install(scratch)?;
    archives::write(&dependencies.cudarc.folder, &home.join("lib"), scratch)?;
    left_out::write(&dependencies.candle_kernels.folder, &home.join("left-out"), &home.join(NVCC))?;
    fs::write(home.join("env.sh"), shell_settings()).context("writing env.sh")?;
    fs::write(home.join(STAMP), made_of).context("writing the stamp")?;
    Ok(home)
}

/// A file that a shell reads before cargo; it finds the home by its own place.
fn shell_settings() -> String {
    let mut text = String::from(
        "export CUDA_HOME=$(cd \"$(dirname \"${BASH_SOURCE[0]:-$0}\")\" && pwd)\n\
         export CUDA_PATH=$CUDA_HOME PATH=$CUDA_HOME/bin:$PATH\n",
    );
    let _ = writeln!(text, "export NVCC=$CUDA_HOME/{NVCC}");
    for (name, value) in SETTINGS {
        let _ = writeln!(text, "export {name}={value}");
    }
    text
}

/// The versions and the text of everything that goes into a home.
fn stamp(dependencies: &Dependencies) -> String {
    let Dependencies { cudarc, candle_kernels, .. } = dependencies;
    let versions =
        format!("cudarc {}\ncandle-kernels {}\n", cudarc.version, candle_kernels.version);
    let parts = [wheels::REQUIREMENTS.to_owned(), shell_settings(), archives::made_of()];
    [versions, parts.concat(), left_out::MADE_OF.concat()].concat()
}

fn refuse_to_replace_what_is_not_ours(folder: &Path) -> anyhow::Result<()> {
    let empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if empty || folder.join(STAMP).is_file() {
        return Ok(());
    }
    bail!(
        "{}: expected a CUDA home made by this command, or nothing, found other files; choose \
         another folder or remove it",
        folder.display()
    )
}

fn cache() -> anyhow::Result<PathBuf> {
    let named = env::var_os("XDG_CACHE_HOME").filter(|path| Path::new(path).is_absolute());
    let cache = named.map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cache")));
    cache.context("expected XDG_CACHE_HOME or HOME to be set, found neither; name a folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_builds_with_the_home_alone() {
        let home = CudaHome { folder: "/opt/home".into() };
        let mut command = Command::new("cargo");
        home.apply(&mut command);
        let value = |name: &str| {
            let mut found = command.get_envs().filter(|(key, _)| *key == name);
            found.next().and_then(|(_, value)| value?.to_str()).unwrap_or_default().to_owned()
        };
        assert_eq!(value("CUDA_HOME"), "/opt/home");
        assert_eq!(value("NVCC"), "/opt/home/bin/nvcc-for-candle");
        assert_eq!(value("CUDA_COMPUTE_CAP"), "80");
        assert!(value("PATH").starts_with("/opt/home/bin:"), "{}", value("PATH"));
    }

    #[test]
    fn a_shell_gets_the_same_settings() {
        let text = shell_settings();
        for (name, value) in SETTINGS {
            assert!(text.contains(&format!("export {name}={value}\n")), "{text}");
        }
        assert!(text.contains("NVCC=$CUDA_HOME/bin/nvcc-for-candle"), "{text}");
    }

    #[test]
    fn other_folders_are_not_replaced() {
        let error = refuse_to_replace_what_is_not_ours(crate::cargo::root()).unwrap_err();
        assert!(error.to_string().contains("found other files"), "{error}");
        assert!(refuse_to_replace_what_is_not_ours(Path::new("/nowhere/at/all")).is_ok());
    }
}
