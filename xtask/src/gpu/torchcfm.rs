//! The published network, taken along: where the suite runs there is PyTorch and no network to download
//! from.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

use crate::process;

/// The wheel, with the hash that pip checks.
const REQUIREMENT: &str = include_str!("files/requirements.txt");
/// The network's modules, which need PyTorch and numpy alone; the package as a whole needs more.
const MODULES: &str = "torchcfm/models/unet";

/// Writes the network's modules into `peers` under the names that they have in their package.
pub fn write(peers: &Path) -> anyhow::Result<()> {
    let scratch = peers.join("unfinished");
    let done = carry(peers, &scratch).context(
        "taking the published network along: expected `python3 -m pip` to reach PyPI, or an index that \
         it is set to (PIP_INDEX_URL, PIP_FIND_LINKS)",
    );
    // Of no use to anyone, and what went wrong before matters more.
    let _ = fs::remove_dir_all(&scratch);
    done
}

fn carry(peers: &Path, scratch: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(scratch)?;
    let requirement = scratch.join("requirements.txt");
    fs::write(&requirement, REQUIREMENT)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--no-compile"]);
    pip.args(["--only-binary=:all:", "--disable-pip-version-check", "--root-user-action=ignore"]);
    pip.arg("--requirement").arg(&requirement).arg("--target").arg(scratch.join("wheel"));
    process::quiet(&mut pip)?;
    let to = peers.join(MODULES);
    fs::create_dir_all(&to)?;
    for entry in fs::read_dir(scratch.join("wheel").join(MODULES))? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    // What stands above the modules would import the rest of the package.
    for package in ["torchcfm", "torchcfm/models"] {
        fs::write(peers.join(package).join("__init__.py"), "")?;
    }
    Ok(())
}
