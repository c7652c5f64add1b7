mod check;
mod cpu;
pub mod machine;
mod measure;
mod memory;
pub mod program;
pub mod results;
mod statistics;
pub mod table;
mod verdict;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::cargo::below_root;
use results::Results;

/// `cargo xtask bench`
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure the workloads, and a peer's in alternation
    Cpu(cpu::Arguments),
    /// Say what has become slower since the stored result
    Check(check::Arguments),
    /// Print a result that has been measured
    Table(TableArguments),
}

/// `cargo xtask bench table`
#[derive(Debug, Args)]
struct TableArguments {
    /// The result; by default the stored one
    file: Option<PathBuf>,
    /// Write the table into this page of Markdown instead, between its two marker comments
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

impl Arguments {
    pub fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Cpu(arguments) => arguments.run(),
            Command::Check(arguments) => arguments.run(),
            Command::Table(arguments) => {
                let results = Results::load(&arguments.file.unwrap_or_else(stored))?;
                show(&results, arguments.markdown.as_deref())
            }
        }
    }
}

/// Where the result that later ones are compared with lies.
fn stored() -> PathBuf {
    below_root("benches/results/cpu.json")
}

/// Prints the table, or writes it into the page.
fn show(results: &Results, page: Option<&Path>) -> anyhow::Result<()> {
    if let Some(page) = page {
        return table::write_into(page, results);
    }
    println!("{}", table::text(results));
    Ok(())
}
