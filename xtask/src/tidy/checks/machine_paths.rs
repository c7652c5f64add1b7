//! Nothing in the repository depends on, or tells of, the machine that it was written on.

use crate::tidy::repository::{Repository, is_test};
use crate::tidy::rust_text::{code, first_test_line};
use crate::tidy::violation::Violation;

/// Nowhere.
const NEVER: [&str; 2] = ["/work/", "/root/"];
/// In tests only.
const TESTS: [&str; 2] = ["/tmp/", "/home/"];

pub fn check(repository: &Repository) -> Vec<Violation> {
    repository
        .texts()
        // This file has to name them.
        .filter(|(path, _)| *path != "xtask/src/tidy/checks/machine_paths.rs")
        .flat_map(|(path, text)| of_file(path, text))
        .collect()
}

fn of_file(path: &str, text: &str) -> Vec<Violation> {
    let tests = if is_test(path) { 1 } else { first_test_line(&code(text)) };
    let mut violations = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let lower = line.to_lowercase();
        let in_tests = TESTS.iter().filter(|_| number < tests);
        for name in NEVER.iter().chain(in_tests).filter(|name| stands_alone(&lower, name)) {
            violations.push(Violation::new(
                path,
                number,
                format!("names `{name}` of some machine"),
                "use a relative path, an argument or std::env::temp_dir",
            ));
        }
    }
    violations
}

/// An absolute path has nothing before its first slash that would make it part of a longer one.
fn stands_alone(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        !name.starts_with('/')
            || !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_are_found() {
        let text = "see /work/a\nframe/work/a\n\"/tmp/x\"\n#[cfg(test)]\n\"/tmp/y\"\n";
        let lines = |path| {
            let found = of_file(path, text);
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let found = lines("crates/a/src/b.rs");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("crates/a/src/b.rs:1: names `/work/`"), "{found:?}");
        assert!(found[1].starts_with("crates/a/src/b.rs:3: names `/tmp/`"), "{found:?}");
        assert_eq!(lines("crates/a/tests/b.rs").len(), 1);
        assert_eq!(of_file("docs/a.md", "see /root/x").len(), 1);
    }
}
