mod axis;
mod chart;
mod correction;
mod density_ratio;
mod invariance;
mod law;
mod measured;
mod mixture;
mod svg;
mod worth;

use std::fs;

use anyhow::Context;
use clap::Args;

use crate::cargo::below_root;

/// Where the figures lie, from the root.
const FOLDER: &str = "docs/images";

/// `cargo xtask figures`
#[derive(Debug, Args)]
pub struct Arguments {}

impl Arguments {
    /// Writes every figure of the guide: what is known in closed form is computed, what was
    /// measured is read from `docs/measurements`.
    #[expect(clippy::unused_self, reason = "every command runs its arguments")]
    pub fn run(self) -> anyhow::Result<()> {
        for (name, text) in all()? {
            let file = below_root(FOLDER).join(name);
            fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
            println!("{}", file.display());
        }
        Ok(())
    }
}

/// Names and contents of the figures.
fn all() -> anyhow::Result<Vec<(&'static str, String)>> {
    Ok(vec![
        ("density-ratio.svg", density_ratio::figure().to_svg()),
        ("invariance.svg", invariance::figure().to_svg()),
        ("correction.svg", correction::figure().to_svg()),
        ("law.svg", law::figure()?.to_svg()),
        ("kappa.svg", measured::kappa()?.to_svg()),
        ("initial-time.svg", measured::initial_time()?.to_svg()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo::root;

    #[test]
    fn the_committed_figures_are_what_the_code_writes() {
        for (name, text) in all().unwrap() {
            let committed = fs::read_to_string(root().join(FOLDER).join(name)).unwrap();
            assert!(committed == text, "{name} is not what `cargo xtask figures` writes; run it");
        }
    }
}
