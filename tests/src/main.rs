//! `parity DIR [--only SUBSTRING] [--device DEVICE]`: every golden fixture below a folder, one line each.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use realuid_parity::Report;
use realuid_train::device::DeviceChoice;

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
    /// Where to compute: `auto`, `cpu`, `cuda` or `cuda:N`.
    #[arg(long, value_name = "auto|cpu|cuda[:N]", default_value_t = DeviceChoice::Cpu)]
    device: DeviceChoice,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
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

fn run(arguments: &Arguments) -> realuid_parity::Result<Report> {
    let Arguments { dir, only, device } = arguments;
    let device = device.open()?.device;
    realuid_parity::run_on(&device, dir, only.as_deref(), |line| println!("{line}"))
}
