//! The `realuid` command: arguments in, text out; what it does is in the rest of this crate.

mod console;
mod device;
mod distill;
mod evaluate;
mod inspect;
mod model;
mod report;
mod sample;
mod stop;
mod teacher;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use console::say;
use device::DeviceArguments;

use crate::train::Outcome;

/// Distils matching models (flow matching, diffusion, bridges) into generators of one step or a few.
#[derive(Debug, Parser)]
#[command(name = "realuid", version)]
pub struct Cli {
    /// Compute 3x3 convolutions as plain sums of products, not by Winograd's algorithm: about half as
    /// fast, with smaller rounding errors
    #[arg(long, global = true)]
    direct_convolution: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a matching model on data
    Teacher(teacher::Arguments),
    /// Distil a teacher into a generator of one step or a few
    Distill(distill::Arguments),
    /// Draw samples from a teacher or a generator
    Sample(sample::Arguments),
    /// Measure samples of a model against data
    Evaluate(evaluate::Arguments),
    /// Tell what a run, a checkpoint or a model folder holds
    Inspect(inspect::Arguments),
    /// Write one page that compares several runs
    Report(report::Arguments),
    /// Tell on which device a command would compute here
    Device(device::Arguments),
}

/// How a training command begins: with a configuration and a new folder, or where a run stopped.
#[derive(Debug, Args)]
struct RunArguments {
    /// Configuration of a new run (TOML)
    #[arg(long, value_name = "FILE", required_unless_present = "resume", requires = "out")]
    config: Option<PathBuf>,
    /// Folder of the new run; must not exist or be empty
    #[arg(long, value_name = "RUN", conflicts_with = "resume")]
    out: Option<PathBuf>,
    /// Go on with the run in this folder, from its newest checkpoint
    #[arg(long, value_name = "RUN", conflicts_with = "config")]
    resume: Option<PathBuf>,
    /// Change one field of the configuration, such as `teacher.train.steps=1000`; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    #[command(flatten)]
    device: DeviceArguments,
}

impl Cli {
    /// Does what was asked for. The exit code is 0 when it is done, 130 when it was interrupted and
    /// its state saved.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if self.direct_convolution {
            realuid_ops::set_conv3x3(realuid_ops::Conv3x3::Direct);
        }
        match self.command {
            Command::Teacher(arguments) => arguments.run().map(|outcome| end(&outcome)),
            Command::Distill(arguments) => arguments.run().map(|outcome| end(&outcome)),
            Command::Sample(arguments) => arguments.run().map(|()| ExitCode::SUCCESS),
            Command::Evaluate(arguments) => arguments.run().map(|()| ExitCode::SUCCESS),
            Command::Inspect(arguments) => arguments.run().map(|()| ExitCode::SUCCESS),
            Command::Report(arguments) => arguments.run().map(|()| ExitCode::SUCCESS),
            Command::Device(arguments) => arguments.run().map(|()| ExitCode::SUCCESS),
        }
    }
}

fn end(outcome: &Outcome) -> ExitCode {
    match outcome {
        Outcome::Finished => ExitCode::SUCCESS,
        Outcome::Interrupted { step, checkpoint } => {
            say(&format!("Stopped after step {step}; all is saved in {}.", checkpoint.display()));
            say("Go on with --resume and the run's folder.");
            ExitCode::from(130)
        }
    }
}
