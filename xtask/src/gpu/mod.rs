//! What a GPU does: whether it is right, how fast it is beside PyTorch, and where the time goes.

mod budget;
mod bundle;
mod correctness;
mod measure;
mod programs;
mod results;
mod setting;
mod side;
mod suite;
mod table;
mod torchcfm;

use std::path::PathBuf;

use clap::Args;

use crate::cargo::below_root;
use bundle::Bundle;
use results::Results;

/// `cargo xtask gpu`
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only write everything that the suite needs into this folder, for another machine
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    bundle: Option<PathBuf>,
    /// Run what is in this folder instead of compiling it; needs neither cargo nor a network
    #[arg(long = "in", value_name = "DIR", id = "from")]
    from: Option<PathBuf>,
    /// Show a result that has been kept, instead of finding one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bundle", "from"])]
    show: Option<PathBuf>,
    /// A folder of fixtures to take along beside the repository's own
    #[arg(long, value_name = "DIR", conflicts_with = "from")]
    fixtures: Option<PathBuf>,
    #[command(flatten)]
    suite: suite::Options,
}

impl Arguments {
    pub fn run(self) -> anyhow::Result<()> {
        if let Some(file) = &self.show {
            return self.suite.show(&Results::load(file)?);
        }
        let fixtures = self.fixtures.as_deref();
        match (self.from, self.bundle) {
            (Some(folder), _) => self.suite.run(&Bundle::open(folder)?, "gpu.json".into()),
            (None, Some(folder)) => {
                println!("{}", Bundle::write(&folder, fixtures)?.summary()?);
                Ok(())
            }
            (None, None) => {
                let bundle = Bundle::write(&below_root("target/gpu/bundle"), fixtures)?;
                self.suite.run(&bundle, below_root("target/gpu/gpu.json"))
            }
        }
    }
}
