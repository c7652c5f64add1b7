//! Chores of this workspace: `cargo xtask help` lists them. One file per command, no tensor code:
//! commands that compute start the binaries of the other packages.

mod bench;
mod cargo;
mod ci;
mod cuda;
mod demo;
mod emulated_gpu;
mod figures;
mod gpu;
mod page;
mod parity;
mod process;
mod result_file;
mod table;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a teacher, distil it twice into one step, measure all three and write a page
    Demo(demo::Arguments),
    /// Hold the crates to the golden fixtures below a folder
    Parity(parity::Arguments),
    /// Measure how fast the crates are, beside a peer
    Bench(bench::Arguments),
    /// Train and distil many models, and say how good they are
    Table(table::Arguments),
    /// Draw the figures of the documentation
    Figures(figures::Arguments),
    /// Make a CUDA toolkit from PyPI's compiler, to build with where none is installed
    CudaHome(cuda::HomeArguments),
    /// Build a `realuid` for NVIDIA GPUs that starts on any machine
    BuildCuda(cuda::BuildArguments),
    /// Make a GPU of the CPU, on which CUDA code is tested
    EmulatedGpu(emulated_gpu::Arguments),
    /// Hold a GPU to the processor and to golden numbers, and measure it beside PyTorch
    Gpu(gpu::Arguments),
    /// Check layers, prose, sizes and leftovers of the whole repository
    Tidy(tidy::Arguments),
    /// Run what continuous integration runs
    Ci(ci::Arguments),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo(arguments) => arguments.run(),
        Command::Parity(arguments) => arguments.run(),
        Command::Bench(arguments) => arguments.run(),
        Command::Table(arguments) => arguments.run(),
        Command::Figures(arguments) => arguments.run(),
        Command::CudaHome(arguments) => arguments.run(),
        Command::BuildCuda(arguments) => arguments.run(),
        Command::EmulatedGpu(arguments) => arguments.run(),
        Command::Gpu(arguments) => arguments.run(),
        Command::Tidy(arguments) => arguments.run(),
        Command::Ci(arguments) => arguments.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            process::exit_code(&error)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn command_lines_are_told_apart() {
        super::Cli::command().debug_assert();
    }
}
