//! The workloads of `cargo xtask bench`, run one repetition at a time by whoever writes to the
//! standard input of this program; docs/benchmarks.md says what is measured and how.

mod cost;
mod digits;
mod distillation;
mod machine;
mod memory;
mod operations;
mod optimizer;
mod server;
mod stopwatch;
mod unet;
mod workload;

use clap::{Parser, Subcommand};

/// Runs workloads on request.
#[derive(Debug, Parser)]
#[command(name = "realuid-bench", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests, a line each: `list`, `run NAME VARIANT`
    Serve,
    /// Run a workload twice and say how much memory this process needed at most
    Peak {
        /// The workload
        name: String,
        /// Always `default`: variants are for peers
        variant: String,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Serve => server::serve(std::io::stdin().lock(), std::io::stdout().lock()),
        Command::Peak { name, variant } => {
            println!("{}", server::peak(&workload::all(), &name, &variant)?);
            Ok(())
        }
    }
}
