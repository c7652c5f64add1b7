use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::{RunArguments, stop};
use crate::commands::{self, Begin, Origin};
use crate::train::Outcome;

/// `realuid distill`
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    run: RunArguments,
    /// The teacher: its run, a checkpoint or a model folder
    #[arg(
        long,
        value_name = "PATH",
        required_unless_present = "resume",
        conflicts_with = "resume"
    )]
    teacher: Option<PathBuf>,
    /// A distilled generator to go on from, instead of the teacher itself
    #[arg(long, value_name = "PATH", conflicts_with = "resume")]
    from: Option<PathBuf>,
}

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let stop = stop::on_interrupt()?;
        let mut console = Console::new();
        let RunArguments { config, out, resume, overrides, device } = self.run;
        let begin = Begin::from_paths(config, out, resume, &overrides)?;
        let origin = self.teacher.map(|teacher| Origin { teacher, from: self.from });
        let device = device.open()?;
        Ok(commands::distill(&begin, origin.as_ref(), &mut console, &stop, &device)?)
    }
}
