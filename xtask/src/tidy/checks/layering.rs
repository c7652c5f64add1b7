//! Members depend on the layers below them only (docs/architecture.md).

use crate::tidy::packages::{Dependency, Package, Packages};
use crate::tidy::repository::Repository;
use crate::tidy::violation::Violation;

/// Each member, and the members that it may know.
const LAYERS: [(&str, &[&str]); 11] = [
    ("realuid-ops", &[]),
    ("realuid-paths", &["realuid-ops"]),
    ("realuid-loss", &["realuid-ops", "realuid-paths"]),
    ("realuid-models", &["realuid-ops", "realuid-paths"]),
    ("realuid-data", &["realuid-ops"]),
    ("realuid-metrics", &["realuid-ops"]),
    ("realuid-train", LIBRARIES),
    ("realuid-testkit", &[]),
    ("realuid-bench", BENCH),
    ("realuid-parity", PARITY),
    ("xtask", &[]),
];

const LIBRARIES: &[&str] = PARITY.split_at(6).0;

/// All that can be measured, and what compares a GPU's numbers with golden ones: one program carries
/// the kernels.
const BENCH: &[&str] = &[
    "realuid-ops",
    "realuid-paths",
    "realuid-loss",
    "realuid-models",
    "realuid-data",
    "realuid-metrics",
    "realuid-train",
    "realuid-parity",
];

/// The one program that may use the testkit outside tests. The libraries come first, then what is
/// made of them.
const PARITY: &[&str] = &[
    "realuid-ops",
    "realuid-paths",
    "realuid-loss",
    "realuid-models",
    "realuid-data",
    "realuid-metrics",
    "realuid-train",
    "realuid-testkit",
];

pub fn check(repository: &Repository, packages: &Packages) -> Vec<Violation> {
    packages.members().flat_map(|member| of_member(repository, packages, member)).collect()
}

fn of_member(repository: &Repository, packages: &Packages, member: &Package) -> Vec<Violation> {
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == member.name) else {
        return vec![Violation::new(
            member.manifest.as_str(),
            1,
            format!("{} has no layer", member.name),
            "say in xtask/src/tidy/checks/layering.rs which members it may know",
        )];
    };
    member
        .dependencies
        .iter()
        .filter(|dependency| packages.is_member(&dependency.name))
        .filter(|dependency| !may_know(member, dependency, allowed))
        .map(|dependency| {
            Violation::new(
                member.manifest.as_str(),
                repository.line_starting(&member.manifest, &dependency.name),
                format!("{} must not know {}", member.name, dependency.name),
                "move what it needs down a layer, or what needs it up (docs/architecture.md)",
            )
        })
        .collect()
}

/// Tests may use the testkit besides, and a crate's own name stands for itself.
fn may_know(member: &Package, dependency: &Dependency, allowed: &[&str]) -> bool {
    let in_tests = dependency.kind.as_deref() == Some("dev");
    allowed.contains(&dependency.name.as_str())
        || (in_tests && member.name != "xtask" && dependency.name == "realuid-testkit")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(packages: &Packages) -> Vec<String> {
        let manifest = ("crates/realuid-loss/Cargo.toml", "[dependencies]\nrealuid-train = {}");
        let repository = Repository::of(&[manifest]);
        check(&repository, packages).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn arrows_point_down() {
        let packages = Packages::of(&[
            ("realuid-ops", &[]),
            ("realuid-loss", &["realuid-ops", "candle-core"]),
            ("realuid-train", &["realuid-loss", "realuid-ops"]),
        ]);
        assert_eq!(problems(&packages), [""; 0]);
    }

    #[test]
    fn an_arrow_up_is_found_in_its_line() {
        let packages =
            Packages::of(&[("realuid-train", &[]), ("realuid-loss", &["realuid-train"])]);
        let found = problems(&packages);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with(
                "crates/realuid-loss/Cargo.toml:2: realuid-loss must not know realuid-train;"
            ),
            "{found:?}"
        );
    }

    #[test]
    fn the_testkit_is_for_tests() {
        let mut packages =
            Packages::of(&[("realuid-testkit", &[]), ("realuid-loss", &["realuid-testkit"])]);
        assert_eq!(problems(&packages).len(), 1);
        packages.get_mut("realuid-loss").dependencies[0].kind = Some("dev".into());
        assert_eq!(problems(&packages), [""; 0]);
    }

    #[test]
    fn a_member_without_a_layer_is_found() {
        assert!(problems(&Packages::of(&[("realuid-new", &[])]))[0].contains("has no layer"));
    }
}
