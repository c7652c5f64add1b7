//! Each equation in `docs/equations.md` names the function that computes it and the test that holds it.

use crate::tidy::markdown::{self, Row};
use crate::tidy::repository::Repository;
use crate::tidy::rust_text::{code, has_word};
use crate::tidy::violation::Violation;

const EQUATIONS: &str = "docs/equations.md";
const ADVICE: &str = "expected columns `equation | source | function | test`, the last two such as \
                      `crates/realuid-loss/src/real_uid.rs::fake_loss`";

pub fn check(repository: &Repository) -> Vec<Violation> {
    let Some(text) = repository.text(EQUATIONS) else {
        return vec![Violation::new(EQUATIONS, 1, "is missing", ADVICE)];
    };
    let rows = markdown::rows(text);
    let of_equations: Vec<_> = rows.iter().filter(|row| row.is_of("equation")).collect();
    if of_equations.is_empty() {
        return vec![Violation::new(EQUATIONS, 1, "has no table of equations", ADVICE)];
    }
    of_equations
        .into_iter()
        .flat_map(|row| {
            let function = of_cell(repository, row, "function");
            function.into_iter().chain(of_cell(repository, row, "test"))
        })
        .collect()
}

fn of_cell(repository: &Repository, row: &Row, column: &str) -> Vec<Violation> {
    let names: Vec<&str> =
        row.cell(column).map(|cell| markdown::code_spans(cell).collect()).unwrap_or_default();
    if names.is_empty() {
        let problem = format!("`{}` names no {column}", row.first().trim_matches('`'));
        return vec![Violation::new(EQUATIONS, row.line, problem, ADVICE)];
    }
    names
        .into_iter()
        .filter_map(|name| problem(repository, name, column))
        .map(|problem| Violation::new(EQUATIONS, row.line, problem, "name one that is there"))
        .collect()
}

fn problem(repository: &Repository, name: &str, column: &str) -> Option<String> {
    let Some((file, function)) = name.split_once("::") else {
        return Some(format!("`{name}` is not of the form `file.rs::name`"));
    };
    let Some(text) = repository.text(file) else {
        return Some(format!("`{file}` does not exist"));
    };
    let code = code(text);
    // The last part: a method is written with or without its type.
    let function = function.rsplit("::").next().unwrap_or(function);
    let declaration = format!("fn {function}");
    let Some(at) = code.lines().position(|line| has_word(line, &declaration)) else {
        return Some(format!("{file} has no `{declaration}`"));
    };
    let attributes = code.lines().take(at).collect::<Vec<_>>();
    let tested = attributes
        .iter()
        .rev()
        .take_while(|line| line.trim().is_empty() || line.trim_start().starts_with("#["))
        .any(|line| line.contains("#[test]"));
    (column == "test" && !tested).then(|| format!("`{function}` in {file} is no #[test]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "impl A {\n    pub fn fake_loss(x: u8) {}\n}\n// fn gone()\n\
                          /// What it holds.\n#[test]\nfn holds() {}\n";

    fn problems(row: &str) -> Vec<String> {
        let text = format!("| Equation | Source | Function | Test |\n|---|---|---|---|\n{row}\n");
        let repository = Repository::of(&[(EQUATIONS, &text), ("a/b.rs", SOURCE)]);
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_equation_with_function_and_test_is_in_order() {
        assert_eq!(problems("| E | p | `a/b.rs::A::fake_loss` | `a/b.rs::holds` |"), [""; 0]);
    }

    #[test]
    fn what_is_not_there_is_found() {
        let cases = [
            ("| E | p | `a/b.rs::gone` | `a/b.rs::holds` |", "a/b.rs has no `fn gone`"),
            ("| E | p | `a/c.rs::gone` | `a/b.rs::holds` |", "`a/c.rs` does not exist"),
            ("| E | p | `a/b.rs` | `a/b.rs::holds` |", "is not of the form"),
            ("| E | p | `a/b.rs::fake_loss` | |", "`E` names no test"),
            ("| E | p | `a/b.rs::holds` | `a/b.rs::fake_loss` |", "is no #[test]"),
        ];
        for (row, expected) in cases {
            let found = problems(row);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(expected), "{found:?}");
        }
        assert!(problems("")[0].contains("has no table"));
        assert_eq!(check(&Repository::of(&[])).len(), 1);
    }
}
