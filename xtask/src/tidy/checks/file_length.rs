//! Files of Rust stay short: one concept each.

use crate::tidy::repository::{Repository, is_test};
use crate::tidy::violation::Violation;

const LIMIT: usize = 300;
const LIMIT_OF_TESTS: usize = 500;

pub fn check(repository: &Repository) -> Vec<Violation> {
    repository
        .with_extension("rs")
        .filter_map(|(path, text)| {
            let limit = if is_test(path) { LIMIT_OF_TESTS } else { LIMIT };
            let lines = text.lines().count();
            let problem = format!("{lines} lines, where {limit} are allowed");
            let advice = "ask what the second concept is, and give it a file";
            (lines > limit).then(|| Violation::new(path, limit + 1, problem, advice))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_may_be_longer() {
        let long = "\n".repeat(301);
        let repository = Repository::of(&[
            ("crates/a/src/lib.rs", &long),
            ("crates/a/tests/a.rs", &long),
            ("crates/a/src/ok.rs", &long[1..]),
            ("docs/a.md", &long),
        ]);
        let found: Vec<_> = check(&repository).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/a/src/lib.rs:301: 301 lines, where 300"), "{found:?}");
    }
}
