//! The workloads of `cargo xtask bench` and `cargo xtask gpu`, run one repetition at a time by whoever
//! writes to the standard input of this program; and what a GPU computes against the processor.
//! docs/benchmarks.md says what is measured and how.

mod check;
mod cost;
mod device;
mod digits;
mod distil;
mod distillation;
mod findings;
mod gpu;
mod machine;
mod network;
mod operations;
mod optimizer;
mod parity;
mod place;
mod precision;
mod server;
mod stopwatch;
mod suite;
mod unet;
mod variant;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use realuid_train::device::DeviceChoice;

use suite::Suite;

/// Runs workloads on request, and compares devices.
#[derive(Debug, Parser)]
#[command(name = "realuid-bench", version)]
struct Cli {
    /// Where to compute: the first CUDA GPU or else the processor (`auto`), `cpu`, `cuda` or `cuda:N`
    #[arg(long, value_name = "auto|cpu|cuda[:N]", default_value_t, global = true)]
    device: DeviceChoice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what the device is, as a line of JSON
    Device,
    /// Answer requests, a line each: `list`, `run NAME VARIANT`
    Serve(Suite),
    /// Run a workload twice and say how much memory this process needed at most
    Peak {
        #[command(flatten)]
        suite: Suite,
        /// The workload
        name: String,
        /// `default`, or one of its precisions
        variant: String,
    },
    /// Compare each operation, forward and backward, with the same on the processor
    Check {
        /// Also at the sizes of the CIFAR-10 network
        #[arg(long)]
        published_sizes: bool,
    },
    /// Hold the crates to the golden fixtures below a folder
    Parity {
        /// Folder with fixtures at any depth
        dir: PathBuf,
    },
    /// Distil small networks here and on the processor, with the same random values
    Distil,
}

fn main() -> anyhow::Result<ExitCode> {
    let Cli { device, command } = Cli::parse();
    let device = device::open(device)?;
    match command {
        Command::Device => println!("{}", device::describe(&device)?),
        Command::Serve(suite) => {
            server::serve(&suite, &device, std::io::stdin().lock(), std::io::stdout().lock())?;
        }
        Command::Peak { suite, name, variant } => {
            println!("{}", server::peak(&suite, &device, &name, &variant)?);
        }
        Command::Check { published_sizes } => {
            return Ok(check::run(&device, published_sizes).code());
        }
        Command::Parity { dir } => return parity::run(&dir, &device),
        Command::Distil => return Ok(distil::run(&device).code()),
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn command_lines_are_told_apart() {
        super::Cli::command().debug_assert();
    }
}
