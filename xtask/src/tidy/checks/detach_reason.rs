//! Every stop of a gradient in library code says why.

use crate::tidy::repository::{Repository, is_test};
use crate::tidy::rust_text::{code, comments, first_test_line};
use crate::tidy::violation::Violation;

pub fn check(repository: &Repository) -> Vec<Violation> {
    repository
        .with_extension("rs")
        .filter(|(path, _)| path.starts_with("crates/") && path.contains("/src/") && !is_test(path))
        .flat_map(|(path, text)| of_file(path, text))
        .collect()
}

fn of_file(path: &str, text: &str) -> Vec<Violation> {
    let code = code(text);
    let comments = comments(text);
    let tests = first_test_line(&code);
    let code: Vec<&str> = code.lines().take(tests - 1).collect();
    let comments: Vec<&str> = comments.lines().collect();
    let detaches = |at: usize| code[at].contains("detach(");
    // Neighbouring lines that detach share one reason.
    let reasoned = |at: usize| {
        let first = (0..at).rev().take_while(|before| detaches(*before)).last().unwrap_or(at);
        (first.saturating_sub(1)..=at).any(|line| !comments[line].trim().is_empty())
    };
    (0..code.len())
        .filter(|at| detaches(*at) && !reasoned(*at))
        .map(|at| {
            let advice = "say why the gradient stops, in a comment on the line or the one above";
            Violation::new(path, at + 1, "`detach` without its reason", advice)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_stands_on_the_line_or_above() {
        let text = "\
let a = b.detach();
let c = b.detach(); // the teacher is frozen
// The target of a regression.
let d = x.detach();
let e = y.detach();
let f = z;
let g = z.detach();
#[cfg(test)]
let h = z.detach();
";
        let found = of_file("crates/a/src/b.rs", text);
        let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("crates/a/src/b.rs:1: `detach` without"), "{lines:?}");
        assert!(lines[1].starts_with("crates/a/src/b.rs:7: "), "{lines:?}");
        let repository = Repository::of(&[("crates/a/tests/b.rs", text)]);
        assert_eq!(check(&repository), []);
    }
}
