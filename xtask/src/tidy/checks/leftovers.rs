//! Nothing unfinished: no placeholders, no debugging, no test switched off without its reason.

use crate::tidy::repository::Repository;
use crate::tidy::rust_text::{code, comments, has_word};
use crate::tidy::violation::Violation;

const MACROS: [(&str, &str); 3] = [
    ("todo!", "write what is to be done"),
    ("unimplemented!", "write it, or return an error that says what is not supported"),
    ("dbg!", "remove it"),
];

pub fn check(repository: &Repository) -> Vec<Violation> {
    repository.with_extension("rs").flat_map(|(path, text)| of_file(path, text)).collect()
}

fn of_file(path: &str, text: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (number, line) in (1..).zip(code(text).lines()) {
        for (name, advice) in MACROS {
            if has_word(line, name) {
                violations.push(Violation::new(path, number, format!("`{name}` is left"), advice));
            }
        }
        if line.contains("#[ignore]") {
            let advice = "write `#[ignore = \"why\"]`, or let it run";
            violations.push(Violation::new(path, number, "a test ignored without reason", advice));
        }
    }
    for (number, line) in (1..).zip(comments(text).lines()) {
        if has_word(line, "FIXME") {
            violations.push(Violation::new(path, number, "a FIXME is left", "fix it"));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_found_and_their_names_in_strings_are_not() {
        let text = "fn a() { todo!() }\n// FIXME later\n#[ignore]\n#[ignore = \"slow\"]\n\
                    let s = \"dbg! FIXME\"; // dbg!(x)\nx = dbg!(y);\n";
        let found: Vec<_> = of_file("a.rs", text).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 4, "{found:?}");
        for (found, start) in found.iter().zip(["a.rs:1:", "a.rs:3:", "a.rs:6:", "a.rs:2:"]) {
            assert!(found.starts_with(start), "{found}");
        }
    }
}
