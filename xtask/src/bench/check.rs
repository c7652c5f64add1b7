use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use clap::Args;

use super::measure::Request;
use super::results::Results;
use super::stored;
use super::verdict::{Change, changes};

/// `cargo xtask bench check`
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    request: Request,
    /// Do not measure: compare this result
    #[arg(long, value_name = "FILE", conflicts_with_all = ["peer", "repetitions"])]
    current: Option<PathBuf>,
    /// The result to compare with; by default the one kept in the repository
    #[arg(long, value_name = "FILE")]
    stored: Option<PathBuf>,
    /// What a workload may be slower by, as a share
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    tolerance: f64,
}

impl Arguments {
    /// Fails if anything is slower than it was, or is no longer measured.
    pub fn run(self) -> anyhow::Result<()> {
        let path = self.stored.unwrap_or_else(stored);
        let stored = Results::load(&path)
            .context("the result to compare with; `cargo xtask bench cpu --out` keeps one")?
            .only(self.request.only());
        let current = match &self.current {
            Some(file) => Results::load(file)?.only(self.request.only()),
            None => self.request.measure(|_| Ok(()))?,
        };
        let changes = changes(&stored, &current);
        ensure!(!changes.is_empty(), "{} holds nothing that was asked for", path.display());
        // Times of two machines say nothing of the code; ratios to a peer do.
        let comparable = changes.iter().all(Change::holds_across_machines)
            || stored.machine.is_like(&current.machine);
        ensure!(
            comparable,
            "{} was measured on another machine ({}); give --peer, so that ratios are compared",
            path.display(),
            stored.machine
        );
        let worse: Vec<&Change> =
            changes.iter().filter(|change| change.is_worse(self.tolerance)).collect();
        for change in &changes {
            println!("{}{change}", if change.is_worse(self.tolerance) { "SLOWER " } else { "" });
        }
        if !worse.is_empty() {
            bail!("{} of {} workloads became slower, see above", worse.len(), changes.len());
        }
        println!("None of {} workloads became slower.", changes.len());
        Ok(())
    }
}
