use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;

use crate::report;

/// `realuid report`
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Runs to compare, as RUN or NAME=RUN
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
    /// The page to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let runs: Vec<(String, PathBuf)> = self.runs.iter().map(|run| name(run)).collect();
        for (_, path) in &runs {
            ensure!(path.join("config.toml").is_file(), "{} is no run folder", path.display());
        }
        let runs: Vec<_> = runs.iter().map(|(name, path)| (name.clone(), path.as_path())).collect();
        report::compare(&runs, &self.out)?;
        println!("{}", self.out.display());
        Ok(())
    }
}

/// The run's name and path: before and after the `=`, or the folder's own name.
fn name(run: &str) -> (String, PathBuf) {
    if let Some((name, path)) = run.split_once('=') {
        return (name.to_owned(), path.into());
    }
    let path = PathBuf::from(run);
    let name = path.file_name().map_or(run.to_owned(), |n| n.to_string_lossy().into_owned());
    (name, path)
}
