use clap::Args;

use super::console::Console;
use super::{RunArguments, stop};
use crate::commands::{self, Begin};
use crate::train::Outcome;

/// `realuid teacher`
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    run: RunArguments,
}

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let stop = stop::on_interrupt()?;
        let mut console = Console::new();
        let RunArguments { config, out, resume, overrides, device } = self.run;
        let begin = Begin::from_paths(config, out, resume, &overrides)?;
        let device = device.open()?;
        Ok(commands::teacher(&begin, &mut console, &stop, &device)?)
    }
}
