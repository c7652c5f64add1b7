//! The README's table of crates has a row for each member, and no others.

use std::collections::BTreeMap;

use crate::tidy::markdown;
use crate::tidy::packages::Packages;
use crate::tidy::repository::Repository;
use crate::tidy::violation::Violation;

const README: &str = "README.md";

pub fn check(repository: &Repository, packages: &Packages) -> Vec<Violation> {
    let text = repository.text(README).unwrap_or_default();
    let rows = markdown::rows(text);
    let listed: BTreeMap<&str, usize> = rows
        .iter()
        .filter(|row| row.is_of("crate"))
        .flat_map(|row| markdown::code_spans(row.first()).map(|name| (name, row.line)))
        .collect();
    let start = listed.values().min().copied().unwrap_or(1);
    let missing = packages
        .members()
        .filter(|member| !listed.contains_key(member.name.as_str()))
        .map(|member| {
            Violation::new(
                README,
                start,
                format!("the table of crates has no row for {}", member.name),
                "add one to the table whose first column is `crate`, its name in backticks",
            )
        });
    let extra = listed.iter().filter(|(name, _)| !packages.is_member(name)).map(|(name, line)| {
        let problem = format!("`{name}` is no member of the workspace");
        Violation::new(README, *line, problem, "remove or rename the row")
    });
    missing.chain(extra).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_and_workspace_are_the_same_set() {
        let packages = Packages::of(&[("realuid-ops", &[]), ("realuid-loss", &[])]);
        let readme = "| Crate | what |\n|---|---|\n| [`realuid-ops`](x) | o |\n| `realuid-hub` | h |\n\n\
                      | model | z |\n|---|---|\n| `mlp` | 1 |\n";
        let repository = Repository::of(&[(README, readme)]);
        let found: Vec<_> = check(&repository, &packages).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].starts_with("README.md:3: the table of crates has no row for realuid-loss")
        );
        assert!(found[1].starts_with("README.md:4: `realuid-hub` is no member"), "{found:?}");
        assert_eq!(check(&Repository::of(&[]), &packages).len(), 2);
    }
}
