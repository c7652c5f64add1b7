use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::bundle::Bundle;
use crate::process;

/// The programs of a bundle, as they are started on this machine.
#[derive(Clone, Debug)]
pub struct Programs {
    ours: PathBuf,
    /// Folders of NVIDIA's libraries besides the loader's own, with colons between them.
    libraries: String,
    peer: Option<Peer>,
}

#[derive(Clone, Debug)]
struct Peer {
    python: PathBuf,
    script: PathBuf,
}

impl Programs {
    /// Those in `bundle`, with PyTorch's if a Python has it.
    pub fn new(bundle: &Bundle, python: Option<&Path>) -> anyhow::Result<Self> {
        let mut libraries: Vec<String> =
            std::env::var("REALUID_CUDA_LIBRARIES").into_iter().collect();
        if let Some(python) = python {
            libraries.push(libraries_of(python)?);
        }
        libraries.retain(|folders| !folders.is_empty());
        let peer = python.map(|python| Peer { python: python.to_owned(), script: bundle.peer() });
        Ok(Self { ours: bundle.program(), libraries: libraries.join(":"), peer })
    }

    /// Ours on `device`, up to the name of its command.
    pub fn ours(&self, device: &str) -> Command {
        let mut command = Command::new(&self.ours);
        command.args(["--device", device]).env("REALUID_CUDA_LIBRARIES", &self.libraries);
        command
    }

    /// Whether there is a peer.
    pub fn has_peer(&self) -> bool {
        self.peer.is_some()
    }

    /// The peer's on `device`, up to the name of its command.
    ///
    /// # Panics
    /// When there is none.
    pub fn peer(&self, device: &str) -> Command {
        let Peer { python, script } = self.peer.as_ref().expect("asked for where there is a peer");
        let mut command = Command::new(python);
        command.args([script.as_os_str(), OsStr::new("--device"), OsStr::new(device)]);
        // No compiled modules in the bundle.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}

/// What came with PyTorch: ours finds there what the driver does not bring.
fn libraries_of(python: &Path) -> anyhow::Result<String> {
    const SCRIPT: &str = "import glob, sysconfig\n\
                          folder = sysconfig.get_paths()['purelib']\n\
                          print(':'.join(sorted(glob.glob(folder + '/nvidia/*/lib'))))";
    Ok(process::read(Command::new(python).args(["-c", SCRIPT]))?.trim().to_owned())
}
