//! Functions stay short: what a reader can hold at once.

use crate::tidy::repository::Repository;
use crate::tidy::rust_text::code;
use crate::tidy::violation::Violation;

const LIMIT: usize = 50;

pub fn check(repository: &Repository) -> Vec<Violation> {
    repository.with_extension("rs").flat_map(|(path, text)| of_file(path, &code(text))).collect()
}

fn of_file(path: &str, code: &str) -> Vec<Violation> {
    functions(code)
        .iter()
        .filter(|function| function.lines > LIMIT)
        .map(|Function { name, line, lines }| {
            let problem = format!("`fn {name}` has {lines} lines, where {LIMIT} are allowed");
            Violation::new(path, *line, problem, "give its parts names of their own")
        })
        .collect()
}

#[derive(Debug, PartialEq, Eq)]
struct Function<'a> {
    name: &'a str,
    line: usize,
    lines: usize,
}

/// Functions with a body, in source of which only the code is left.
fn functions(code: &str) -> Vec<Function<'_>> {
    code.match_indices("fn ")
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .filter_map(|(at, keyword)| {
            let rest = &code[at + keyword.len()..];
            let name = &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_')?];
            let body = body(rest)?;
            let line = code[..at].matches('\n').count() + 1;
            let lines = rest[..body].matches('\n').count() + 1;
            (!name.is_empty()).then_some(Function { name, line, lines })
        })
        .collect()
}

/// Where the body ends of the function whose signature starts `rest`; none if it has no body.
fn body(rest: &str) -> Option<usize> {
    let mut brackets = 0;
    let mut braces = 0;
    for (at, c) in rest.char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            ';' if brackets == 0 && braces == 0 => return None,
            '{' => braces += 1,
            '}' => {
                braces -= 1;
                if braces == 0 && brackets == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_signature_to_brace() {
        let code = "fn one() { a }\n\ntrait T { fn none(&self, x: [f32; 3]); }\npub fn two<T>(\n    f: fn(u8) -> u8,\n) -> u8 {\n    if a { b }\n}\n";
        let found = functions(code);
        let expected = [("one", 1, 1), ("two", 4, 5)];
        let found: Vec<_> = found.iter().map(|f| (f.name, f.line, f.lines)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_long_function_is_found_and_a_brace_in_a_string_is_none() {
        let text = format!("fn a() {{\n    \"}}\";\n{}}}\n", "    b();\n".repeat(LIMIT - 2));
        let found = check(&Repository::of(&[("a.rs", &text)]));
        assert_eq!(found.len(), 1);
        let expected = format!("a.rs:1: `fn a` has {} lines, where {LIMIT} are", LIMIT + 1);
        assert!(found[0].to_string().starts_with(&expected), "{}", found[0]);
        let shorter = text.replacen("    b();\n", "", 1);
        assert_eq!(check(&Repository::of(&[("a.rs", &shorter)])), []);
    }
}
