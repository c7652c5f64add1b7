//! `unsafe` is for the kernels of `realuid-ops` alone.

use crate::tidy::repository::Repository;
use crate::tidy::rust_text::{code, has_word};
use crate::tidy::violation::Violation;

const ALLOWED: &str = "crates/realuid-ops/";

pub fn check(repository: &Repository) -> Vec<Violation> {
    repository
        .with_extension("rs")
        .filter(|(path, _)| !path.starts_with(ALLOWED))
        .flat_map(|(path, text)| {
            let code = code(text);
            let lines: Vec<usize> = (1..)
                .zip(code.lines())
                .filter(|(_, line)| has_word(line, "unsafe"))
                .map(|(number, _)| number)
                .collect();
            lines.into_iter().map(move |number| {
                let advice = "write it safely, or move it to realuid-ops behind a safe function";
                Violation::new(path, number, "unsafe code outside realuid-ops", advice)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_is_found_outside_the_kernels() {
        let text = "// unsafe\n#![deny(unsafe_code)]\nlet a = unsafe { b };\n";
        let repository = Repository::of(&[
            ("crates/realuid-ops/src/a.rs", text),
            ("crates/realuid-loss/src/a.rs", text),
        ]);
        let found: Vec<_> = check(&repository).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/realuid-loss/src/a.rs:3: unsafe code"), "{found:?}");
    }
}
