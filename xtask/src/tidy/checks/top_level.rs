//! The top of the repository holds what it is agreed to hold, and nothing else.

use std::collections::BTreeSet;

use crate::tidy::repository::Repository;
use crate::tidy::violation::Violation;

/// Files and folders at the top.
pub const ENTRIES: [&str; 18] = [
    ".cargo",
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "benches",
    "clippy.toml",
    "configs",
    "crates",
    "deny.toml",
    "docs",
    "rustfmt.toml",
    "tests",
    "xtask",
];

pub fn check(repository: &Repository) -> Vec<Violation> {
    let first = |path| str::split(path, '/').next().unwrap_or(path);
    let found: BTreeSet<&str> = repository.paths().map(first).collect();
    let expected = BTreeSet::from(ENTRIES);
    let missing = expected
        .difference(&found)
        .map(|name| Violation::new(*name, 1, "is missing at the top", "add it"));
    let extra = found.difference(&expected).map(|name| {
        let advice = "move it below crates/, docs/, configs/ or tests/, or have git ignore it";
        Violation::new(*name, 1, "does not belong at the top", advice)
    });
    missing.chain(extra).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_many_and_one_too_few_are_found() {
        let mut files: Vec<(&str, &str)> = ENTRIES.iter().map(|name| (*name, "")).collect();
        assert_eq!(check(&Repository::of(&files)), []);
        files[0].0 = "notes/a.md";
        let found: Vec<_> =
            check(&Repository::of(&files)).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with(".cargo:1: is missing"), "{found:?}");
        assert!(found[1].starts_with("notes:1: does not belong"), "{found:?}");
    }
}
