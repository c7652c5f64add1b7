//! `docs/dependencies.md` has a row for each package that a member names, and no others.

use std::collections::BTreeMap;

use crate::tidy::markdown;
use crate::tidy::packages::Packages;
use crate::tidy::repository::Repository;
use crate::tidy::violation::Violation;

const LIST: &str = "docs/dependencies.md";

pub fn check(repository: &Repository, packages: &Packages) -> Vec<Violation> {
    let Some(text) = repository.text(LIST) else {
        let advice = "write it: a table whose first cell is the package's name in backticks";
        return vec![Violation::new(LIST, 1, "is missing", advice)];
    };
    let rows = markdown::rows(text);
    let listed: BTreeMap<&str, usize> = rows
        .iter()
        .flat_map(|row| markdown::code_spans(row.first()).map(|name| (name, row.line)))
        .collect();
    let used = dependencies(packages);
    let unlisted = used.iter().filter(|(name, _)| !listed.contains_key(*name)).map(
        |(name, (manifest, member))| {
            Violation::new(
                *manifest,
                repository.line_starting(manifest, name),
                format!("{member} depends on {name}, which {LIST} does not list"),
                "add a row: its name in backticks, what it is for, why this one",
            )
        },
    );
    let unused = listed.iter().filter(|(name, _)| !used.contains_key(*name)).map(|(name, line)| {
        let problem = format!("`{name}` is listed, but no member depends on it");
        Violation::new(LIST, *line, problem, "remove the row")
    });
    unlisted.chain(unused).collect()
}

/// Other people's packages that members name, each with the first member's manifest and name.
fn dependencies(packages: &Packages) -> BTreeMap<&str, (&str, &str)> {
    let mut used = BTreeMap::new();
    for member in packages.members() {
        for dependency in &member.dependencies {
            if !packages.is_member(&dependency.name) {
                let by = (member.manifest.as_str(), member.name.as_str());
                used.entry(dependency.name.as_str()).or_insert(by);
            }
        }
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_and_manifests_are_the_same_set() {
        let packages = Packages::of(&[("realuid-ops", &["libm", "rayon"]), ("xtask", &[])]);
        let list = "| package | for |\n|---|---|\n| `libm` | exp |\n| `gone` | nothing |\n";
        let repository = Repository::of(&[(LIST, list)]);
        let found: Vec<_> = check(&repository, &packages).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("realuid-ops depends on rayon"), "{found:?}");
        assert!(found[1].starts_with("docs/dependencies.md:4: `gone` is listed"), "{found:?}");
        assert_eq!(check(&Repository::of(&[]), &packages).len(), 1);
    }
}
