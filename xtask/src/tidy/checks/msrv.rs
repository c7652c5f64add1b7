//! One minimum supported Rust version, told the same everywhere and true of what we depend on.

use crate::tidy::packages::Packages;
use crate::tidy::repository::Repository;
use crate::tidy::violation::Violation;

const MANIFEST: &str = "Cargo.toml";
const README: &str = "README.md";

/// Files that may tell it in a line with one of `WORDS`; the README must.
const TOLD: [&str; 5] =
    [README, "CONTRIBUTING.md", ".ci/run", "clippy.toml", "docs/dependencies.md"];
const WORDS: [&str; 2] = ["msrv", "minimum supported rust"];

pub fn check(repository: &Repository, packages: &Packages) -> Vec<Violation> {
    let Some(ours) = ours(repository.text(MANIFEST).unwrap_or_default()) else {
        let problem = "states no minimum supported Rust version";
        let advice = "add `rust-version` to [workspace.package]";
        return vec![Violation::new(MANIFEST, 1, problem, advice)];
    };
    let mut violations = Vec::new();
    for path in TOLD {
        let told = told(repository.text(path).unwrap_or_default());
        if path == README && told.is_empty() {
            let advice =
                format!("add a line such as: Minimum supported Rust version (MSRV): {ours}");
            violations.push(Violation::new(path, 1, "tells no MSRV", advice));
        }
        violations.extend(
            told.into_iter().filter(|(_, version)| parts(version) != parts(ours)).map(
                |(line, version)| {
                    let problem = format!("the MSRV is {ours}, not {version}");
                    Violation::new(
                        path,
                        line,
                        problem,
                        "correct it, or `rust-version` in Cargo.toml",
                    )
                },
            ),
        );
    }
    violations.extend(of_dependencies(packages, ours));
    violations
}

/// Library crates must not compile what needs a newer Rust than we promise.
fn of_dependencies(packages: &Packages, ours: &str) -> Vec<Violation> {
    let needs_more = |theirs: &String| parts(theirs) > parts(ours);
    packages
        .members()
        .filter(|member| member.published)
        .flat_map(|member| packages.closure(&member.name).into_iter().map(move |p| (member, p)))
        .filter_map(|(member, package)| {
            let theirs = package.rust_version.as_ref().filter(|theirs| needs_more(theirs))?;
            Some(Violation::new(
                member.manifest.as_str(),
                1,
                format!("{} compiles {}, which needs Rust {theirs}", member.name, package.name),
                format!("choose a version that is content with {ours}, or raise the MSRV"),
            ))
        })
        .collect()
}

fn ours(manifest: &str) -> Option<&str> {
    let line = manifest.lines().find(|line| line.trim_start().starts_with("rust-version"))?;
    line.split('"').nth(1)
}

/// Versions in lines that speak of the MSRV.
fn told(text: &str) -> Vec<(usize, &str)> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| WORDS.iter().any(|word| line.to_lowercase().contains(word)))
        .flat_map(|(number, line)| versions(line).into_iter().map(move |version| (number, version)))
        .collect()
}

/// Numbers such as `1.89` or `1.89.0`.
fn versions(line: &str) -> Vec<&str> {
    line.split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|word| word.trim_matches('.'))
        .filter(|word| word.starts_with("1."))
        .collect()
}

/// Major, minor and patch.
fn parts(version: &str) -> [u64; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "[workspace.package]\nrust-version = \"1.89\"\n";

    fn problems(files: &[(&str, &str)], packages: &Packages) -> Vec<String> {
        let mut all = vec![(MANIFEST, OURS)];
        all.extend(files);
        check(&Repository::of(&all), packages).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_place_tells_the_same_version() {
        let none = Packages::of(&[]);
        assert_eq!(problems(&[(README, "Since 1.2.\nMSRV: 1.89.")], &none), [""; 0]);
        assert_eq!(problems(&[(README, "![m](https://badge/MSRV-1.89-blue)")], &none), [""; 0]);
        let found = problems(&[(README, "MSRV 1.89"), (".ci/run", "\n# MSRV 1.88")], &none);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with(".ci/run:2: the MSRV is 1.89, not 1.88"), "{found:?}");
        assert!(problems(&[(README, "Rust")], &none)[0].contains("tells no MSRV"));
    }

    #[test]
    fn a_dependency_that_needs_more_is_found() {
        let readme = [(README, "MSRV 1.89")];
        let mut packages = Packages::of(&[("realuid-ops", &["new"]), ("new", &[])]);
        packages.get_mut("new").rust_version = Some("1.89.0".into());
        assert_eq!(problems(&readme, &packages), [""; 0]);
        packages.get_mut("new").rust_version = Some("1.100".into());
        let found = problems(&readme, &packages);
        assert!(found[0].contains("realuid-ops compiles new, which needs Rust 1.100"), "{found:?}");
    }
}
