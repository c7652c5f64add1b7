//! `parity DIR [--only SUBSTRING]`: every golden fixture below a folder, one line each.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Runs golden fixtures and compares what this workspace computes with what they hold.
///
/// Ends with the numbers of passed, failed and skipped fixtures, and fails if any failed or none
/// was found.
#[derive(Parser)]
#[command(name = "parity", version)]
struct Arguments {
    /// Folder with fixtures at any depth: folders that hold a `fixture.json`.
    dir: PathBuf,
    /// Only fixtures whose name (their path below DIR) contains this.
    #[arg(long, value_name = "SUBSTRING")]
    only: Option<String>,
}

fn main() -> ExitCode {
    let Arguments { dir, only } = Arguments::parse();
    match realuid_parity::run(&dir, only.as_deref(), |line| println!("{line}")) {
        Ok(report) => {
            println!("{report}");
            if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("parity: {error}");
            ExitCode::FAILURE
        }
    }
}
