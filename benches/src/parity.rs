use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use candle_core::Device;

/// Runs the fixtures below `dir` on `device`, and prints a line for each.
pub fn run(dir: &Path, device: &Device) -> Result<ExitCode> {
    let report = realuid_parity::run_on(device, dir, None, |line| println!("{line}"))?;
    println!("{report}");
    Ok(if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
