//! Each crate shows its use: a runnable example in its documentation, and one of its own if published.

use crate::tidy::packages::{Package, Packages};
use crate::tidy::repository::Repository;
use crate::tidy::violation::Violation;

pub fn check(repository: &Repository, packages: &Packages) -> Vec<Violation> {
    packages.members().flat_map(|member| of_member(repository, member)).collect()
}

fn of_member(repository: &Repository, member: &Package) -> Vec<Violation> {
    let mut violations = Vec::new();
    let library = format!("{}/src/lib.rs", member.folder());
    if let Some(text) = repository.text(&library)
        && !text.lines().any(|line| line.trim_start().starts_with("//! ```"))
    {
        violations.push(Violation::new(
            library,
            1,
            "has no example in its documentation",
            "add a short one to the `//!` comment at the top, in ``` fences; tests run it",
        ));
    }
    let examples = format!("{}/examples/", member.folder());
    if member.published && !repository.paths().any(|path| path.starts_with(&examples)) {
        violations.push(Violation::new(
            member.manifest.as_str(),
            1,
            format!("{} has nothing in {examples}", member.name),
            "add a program that shows the crate used alone",
        ));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_examples_is_found() {
        let mut packages = Packages::of(&[("realuid-ops", &[]), ("realuid-testkit", &[])]);
        packages.get_mut("realuid-testkit").published = false;
        let bare = Repository::of(&[
            ("crates/realuid-ops/src/lib.rs", "//! Operations.\n"),
            ("crates/realuid-testkit/src/lib.rs", "//! Kit.\n//!\n//! ```\n//! ```\n"),
        ]);
        let found: Vec<_> = check(&bare, &packages).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("crates/realuid-ops/src/lib.rs:1: has no example"));
        assert!(found[1].contains("realuid-ops has nothing in crates/realuid-ops/examples/"));
    }
}
