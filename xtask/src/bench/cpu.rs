use std::path::PathBuf;

use clap::Args;

use super::measure::Request;
use super::results::Results;
use super::show;
use crate::cargo::below_root;

/// `cargo xtask bench cpu`
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    request: Request,
    /// Where the result is kept; what it holds of other workloads stays
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the table into this page of Markdown too, between its two marker comments
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

impl Arguments {
    pub fn run(self) -> anyhow::Result<()> {
        let out = self.out.unwrap_or_else(|| below_root("target/bench/cpu.json"));
        let earlier = if out.exists() { Some(Results::load(&out)?) } else { None };
        let whole = |part: &Results| match &earlier {
            Some(earlier) => part.clone().with_others_of(earlier.clone()),
            None => part.clone(),
        };
        let results = whole(&self.request.measure(|part| whole(part).save(&out))?);
        results.save(&out)?;
        show(&results, None)?;
        println!("\nKept in {}", out.display());
        self.markdown.map_or(Ok(()), |page| show(&results, Some(&page)))
    }
}
