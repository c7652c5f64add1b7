use std::path::PathBuf;

use clap::Args;

use super::CudaHome;

/// `cargo xtask cuda-home`
#[derive(Debug, Args)]
pub struct Arguments {
    /// Where it is to be, instead of the user's cache folder
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Arguments {
    pub fn run(self) -> anyhow::Result<()> {
        let home = CudaHome::ready(self.folder.as_deref())?;
        let folder = home.folder().display();
        println!("{folder}");
        eprintln!("A shell builds with it after `. {folder}/env.sh`.");
        Ok(())
    }
}
