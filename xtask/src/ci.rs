use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::{Args, ValueEnum};

use crate::cargo::{Profile, cargo, root};
use crate::cuda::{self, CudaHome};
use crate::{parity, process, tidy};

/// `cargo xtask ci`
#[derive(Debug, Args)]
pub struct Arguments {
    /// Run only this step; may be repeated
    #[arg(long = "step", value_enum, value_name = "STEP")]
    steps: Vec<Step>,
    /// Leave this step out; may be repeated
    #[arg(long, value_enum, value_name = "STEP", conflicts_with = "steps")]
    skip: Vec<Step>,
}

/// The steps, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting
    Fmt,
    /// Layers, prose, sizes, leftovers
    Tidy,
    /// All tests and doc examples
    Test,
    /// The fixtures under tests/
    Parity,
    /// Lints, as errors
    Clippy,
    /// Documentation, its warnings as errors
    Doc,
    /// The build for NVIDIA GPUs, with lints as errors; needs no GPU
    Cuda,
    /// Licences and advisories of dependencies, where cargo-deny is installed
    Deny,
}

enum Outcome {
    Passed,
    Skipped(&'static str),
}

impl Arguments {
    /// Runs every step, also after one has failed, so that one look tells all.
    pub fn run(self) -> anyhow::Result<()> {
        let chosen = |step: &Step| match self.steps.as_slice() {
            [] => !self.skip.contains(step),
            steps => steps.contains(step),
        };
        let mut summary = Vec::new();
        let mut failed = Vec::new();
        for step in Step::value_variants().iter().filter(|step| chosen(step)) {
            eprintln!("\n== {step:?}");
            let start = Instant::now();
            let result = step.run();
            if let Err(error) = &result {
                eprintln!("error: {error:#}");
                failed.push(format!("{step:?}").to_lowercase());
            }
            summary.push(line(*step, &result, start.elapsed()));
        }
        println!("\n{}", summary.join("\n"));
        if !failed.is_empty() {
            bail!("failed: {}; run one alone with `cargo xtask ci --step NAME`", failed.join(", "));
        }
        Ok(())
    }
}

impl Step {
    fn run(self) -> anyhow::Result<Outcome> {
        match self {
            Self::Fmt => process::run(cargo().args(["fmt", "--all", "--check"])),
            Self::Tidy => tidy::run(),
            Self::Test => process::run(cargo().args(["test", "--workspace"])),
            // As the tests are compiled, so that nothing is compiled again.
            Self::Parity => parity::run(&root().join("tests/fixtures"), None, Profile::Dev),
            Self::Clippy => process::run(&mut clippy()),
            Self::Doc => process::run(
                cargo()
                    .args(["doc", "--workspace", "--no-deps"])
                    .env("RUSTDOCFLAGS", "-D warnings"),
            ),
            Self::Cuda => return cuda(),
            Self::Deny => return deny(),
        }
        .map(|()| Outcome::Passed)
    }
}

fn clippy() -> Command {
    let mut command = cargo();
    command.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    command
}

/// Where the portable build is possible a failure is a failure, also to download its compiler. What is
/// compiled here, candle's kernels above all, is shared by everything in this step.
fn cuda() -> anyhow::Result<Outcome> {
    if !CudaHome::SUPPORTED {
        return Ok(Outcome::Skipped("the portable build is for Linux on x86-64"));
    }
    let home = CudaHome::ready(None)?;
    cuda::build(&home)?;
    let mut lints = cuda::cargo(&home, "clippy")?;
    lints.args(["--package", "realuid-ops", "--package", "realuid-train"]);
    lints.args(["--package", "realuid-bench"]);
    lints.args(["--features", "cuda", "--all-targets", "--", "-D", "warnings"]);
    process::run(&mut lints)?;
    Ok(Outcome::Passed)
}

fn deny() -> anyhow::Result<Outcome> {
    let installed = cargo().args(["deny", "--version"]).output()?.status.success();
    if !installed {
        return Ok(Outcome::Skipped("cargo-deny is not installed"));
    }
    process::run(cargo().args(["deny", "check"])).map(|()| Outcome::Passed)
}

fn line(step: Step, result: &anyhow::Result<Outcome>, time: Duration) -> String {
    let outcome = match result {
        Ok(Outcome::Passed) => "ok".to_owned(),
        Ok(Outcome::Skipped(why)) => format!("skipped ({why})"),
        Err(_) => "FAILED".to_owned(),
    };
    format!("{:8}{:>7.1} s  {outcome}", format!("{step:?}").to_lowercase(), time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_step_time_and_outcome() {
        let time = Duration::from_millis(61_240);
        assert_eq!(line(Step::Fmt, &Ok(Outcome::Passed), time), "fmt        61.2 s  ok");
        let skipped = Ok(Outcome::Skipped("absent"));
        assert_eq!(line(Step::Deny, &skipped, time), "deny       61.2 s  skipped (absent)");
        let failed = Err(anyhow::anyhow!("no"));
        assert_eq!(line(Step::Clippy, &failed, time), "clippy     61.2 s  FAILED");
    }
}
