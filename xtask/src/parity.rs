use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::cargo::{Profile, build};
use crate::process;

/// `cargo xtask parity`
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of fixtures: every `fixture.json` at any depth below it is run
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Run only fixtures whose name contains this
    #[arg(long, value_name = "SUBSTRING")]
    only: Option<String>,
    /// How the crates are compiled
    #[arg(long, value_enum, default_value_t = Profile::Release)]
    profile: Profile,
}

impl Arguments {
    pub fn run(self) -> anyhow::Result<()> {
        run(&self.folder, self.only.as_deref(), self.profile)
    }
}

/// Runs the fixtures below `folder`, relative to the caller's own folder.
pub fn run(folder: &Path, only: Option<&str>, profile: Profile) -> anyhow::Result<()> {
    let mut command = Command::new(build("realuid-parity", "parity", profile)?);
    command.arg(folder);
    if let Some(only) = only {
        command.args(["--only", only]);
    }
    process::run(&mut command)
}
