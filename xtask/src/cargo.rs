//! Cargo, started on this workspace from wherever the caller stands.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use clap::ValueEnum;
use serde::Deserialize;

use crate::process;

/// How a package is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// As tests are: shares their artifacts
    Dev,
    /// As fast as it gets
    Release,
}

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

/// A path below the root as the caller would write it: relative if the caller stands above it.
pub fn below_root(path: &str) -> PathBuf {
    let full = root().join(path);
    let here = std::env::current_dir().unwrap_or_default();
    full.strip_prefix(here).map(Path::to_path_buf).unwrap_or(full)
}

/// The cargo that compiled this program, in the workspace's root.
pub fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root());
    command
}

/// Compiles the binary `name` of `package` and returns where it is.
pub fn build(package: &str, name: &str, profile: Profile) -> anyhow::Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--bin", name]);
    match profile {
        // With the features of the whole workspace, as tests are, or dependencies are compiled again.
        Profile::Dev => command.arg("--workspace"),
        Profile::Release => command.args(["--release", "--package", package]),
    };
    command.arg("--message-format=json-render-diagnostics").stdin(Stdio::null());
    let messages = process::read(&mut command)?;
    executable(&messages)
        .with_context(|| format!("package {package}: expected a binary to be built, found none"))
}

/// The last executable that cargo's messages name.
pub fn executable(messages: &str) -> Option<PathBuf> {
    executables(messages).pop()
}

/// All executables that cargo's messages, one JSON object a line, name.
pub fn executables(messages: &str) -> Vec<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
    }
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok()?.executable)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_found_among_the_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","executable":null}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","executable":"target/release/realuid"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(executable(messages), Some("target/release/realuid".into()));
        assert_eq!(executable(r#"{"reason":"build-finished"}"#), None);
    }
}
