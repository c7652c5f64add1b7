//! Tables of what models reach that are trained here: many small runs, side by side, over seeds.

mod correction;
mod correction_row;
mod law_points;
mod parallel;
mod realuid;
mod spread;
mod universal;
mod universal_row;

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, Subcommand};

use crate::cargo::below_root;
use crate::demo::folder;
use crate::page::Markers;

/// `cargo xtask table`
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Every framework: teacher, data-free student and RealUID student
    Universal(universal::Arguments),
    /// A teacher that lacks a mode, and how far each student moves to the data
    Correction(correction::Arguments),
}

/// What both tables take.
#[derive(Debug, Args)]
struct Common {
    /// Folder of the runs; must not exist or be empty. A fresh one under runs/ if not given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seeds 0 to one less
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Runs at a time, one thread each; the number of cores if not given
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Write the table into this page of Markdown too, between its two marker comments
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

impl Arguments {
    pub fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Universal(arguments) => arguments.run(),
            Command::Correction(arguments) => arguments.run(),
        }
    }
}

impl Common {
    fn folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        match &self.out {
            Some(out) => folder::chosen(out.clone()),
            None => Ok(folder::fresh(&below_root("runs"), name)),
        }
    }

    /// Prints the table with the time since `start`, and writes it into the page if there is one.
    fn show(&self, table: &str, markers: Markers, start: Instant) -> anyhow::Result<()> {
        println!("\n{table}\n\n{:.0} s in all", start.elapsed().as_secs_f64());
        self.markdown.as_ref().map_or(Ok(()), |page| markers.write(page, table))
    }

    fn jobs(&self) -> usize {
        self.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into))
    }
}
