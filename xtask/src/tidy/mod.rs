mod checks;
mod markdown;
mod packages;
mod repository;
mod rust_text;
mod violation;

use anyhow::bail;
use clap::Args;

use crate::cargo::root;
use packages::Packages;
use repository::Repository;

/// `cargo xtask tidy`
#[derive(Debug, Args)]
pub struct Arguments {}

impl Arguments {
    #[expect(clippy::unused_self, reason = "every command runs its arguments")]
    pub fn run(self) -> anyhow::Result<()> {
        run()
    }
}

/// Checks the whole repository; prints each violation as `path:line: problem; what to do`.
pub fn run() -> anyhow::Result<()> {
    let repository = Repository::read(root())?;
    let packages = Packages::read()?;
    let mut violations = checks::all(&repository, &packages);
    violations.sort();
    violations.dedup();
    for violation in &violations {
        println!("{violation}");
    }
    if !violations.is_empty() {
        bail!("tidy: {} things to put in order, listed above", violations.len());
    }
    println!("tidy: {} files in order", repository.len());
    Ok(())
}
