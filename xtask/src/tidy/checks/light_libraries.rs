//! Whoever depends on a library crate compiles no command line, and with the loss alone no files either.

use std::collections::BTreeSet;

use crate::tidy::packages::{Package, Packages};
use crate::tidy::violation::Violation;

/// Not below `realuid-train`: command lines, configuration files, progress bars, logs, plots.
const DRIVER_ONLY: [&str; 10] = [
    "anyhow",
    "clap",
    "ctrlc",
    "indicatif",
    "npyz",
    "plotters",
    "toml",
    "tracing",
    "tracing-subscriber",
    "realuid-train",
];

/// Not in the layers of mathematics, unless candle itself brings it.
const FILES: [&str; 7] =
    ["arrow", "base64", "flate2", "image", "parquet", "serde_json", "zstd-sys"];

/// The layers of mathematics.
const PURE: [&str; 3] = ["realuid-ops", "realuid-paths", "realuid-loss"];

pub fn check(packages: &Packages) -> Vec<Violation> {
    let candle = names(&packages.closure("candle-core"));
    packages
        .members()
        .filter(|member| member.published && member.name != "realuid-train")
        .flat_map(|member| {
            let compiled = names(&packages.closure(&member.name));
            let driver = DRIVER_ONLY.iter().filter(|name| compiled.contains(*name));
            let files = FILES.iter().filter(|name| {
                PURE.contains(&member.name.as_str())
                    && compiled.contains(*name)
                    && !candle.contains(*name)
            });
            driver.chain(files).map(|name| violation(member, name)).collect::<Vec<_>>()
        })
        .collect()
}

fn names<'a>(packages: &[&'a Package]) -> BTreeSet<&'a str> {
    packages.iter().map(|package| package.name.as_str()).collect()
}

fn violation(member: &Package, heavy: &str) -> Violation {
    Violation::new(
        member.manifest.as_str(),
        1,
        format!("{} compiles {heavy}", member.name),
        format!("`cargo tree -p {} -e normal -i {heavy}` shows why; move it up", member.name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_heavy_is_found_at_any_depth() {
        let packages = Packages::of(&[
            ("realuid-ops", &["middle"]),
            ("realuid-loss", &["candle-core", "middle"]),
            ("realuid-train", &["clap", "realuid-loss"]),
            ("candle-core", &["serde_json"]),
            ("middle", &["clap", "serde_json"]),
            ("clap", &[]),
            ("serde_json", &[]),
        ]);
        let found: Vec<_> = check(&packages).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("realuid-loss compiles clap"), "{found:?}");
        assert!(found[1].contains("realuid-ops compiles clap"), "{found:?}");
    }

    #[test]
    fn files_stay_out_of_the_mathematics() {
        let packages = Packages::of(&[
            ("realuid-loss", &["parquet"]),
            ("realuid-data", &["parquet"]),
            ("parquet", &[]),
        ]);
        let found: Vec<_> = check(&packages).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("realuid-loss compiles parquet"), "{found:?}");
    }
}
