//! Paths that the prose names exist.

use std::path::Path;

use super::top_level;
use crate::tidy::markdown;
use crate::tidy::repository::Repository;
use crate::tidy::violation::Violation;

/// A history may name what is gone.
const HISTORY: &str = "CHANGELOG.md";

pub fn check(repository: &Repository) -> Vec<Violation> {
    repository
        .with_extension("md")
        .filter(|(path, _)| *path != HISTORY)
        .flat_map(|(path, text)| {
            let code = markdown::code_words(text)
                .into_iter()
                .filter(move |(_, word)| !code_word_exists(repository, path, word));
            let links = markdown::links(text)
                .into_iter()
                .filter(move |(_, target)| !link_exists(repository, path, target));
            code.chain(links).map(move |(line, name)| {
                let problem = format!("names `{name}`, which does not exist");
                Violation::new(path, line, problem, "correct the path, or remove it")
            })
        })
        .collect()
}

/// A word of code that does not look like a path of ours is no concern of this check.
fn code_word_exists(repository: &Repository, file: &str, word: &str) -> bool {
    let word = word.trim_matches(|c| matches!(c, ',' | ';' | ':' | '(' | ')' | '"' | '\''));
    let word = word.trim_end_matches('.');
    // `file.rs::function` and `file.rs:12`.
    let path = word.split(':').next().unwrap_or(word).trim_end_matches('/');
    let placeholder = path.contains(['<', '{', '$', '…', '[']) || path.contains("...");
    let ours = path.split_once('/').is_some_and(|(first, _)| top_level::ENTRIES.contains(&first));
    let rust = Path::new(path).extension().is_some_and(|extension| extension == "rs");
    let source = rust && !path.starts_with('/');
    if placeholder || word.contains("://") || !(ours || source) {
        return true;
    }
    let below_any = |found: &str| found == path || found.ends_with(&format!("/{path}"));
    repository.exists(path)
        || repository.exists(&join(folder_of(file), path))
        || repository.paths().any(|found| {
            if path.contains('*') { matches(found, path) } else { source && below_any(found) }
        })
}

/// Relative links lead somewhere in the repository.
fn link_exists(repository: &Repository, file: &str, target: &str) -> bool {
    let path = target.split('#').next().unwrap_or(target);
    let elsewhere = target.contains("://") || target.starts_with("mailto:") || path.is_empty();
    elsewhere || repository.exists(&join(folder_of(file), path))
}

fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `path` from `folder`, with `.` and `..` resolved; what leaves the repository keeps its `..`.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether `path` fits `pattern`, in which `*` stands for any characters.
fn matches(path: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return path == pattern || path.starts_with(&format!("{pattern}/"));
    };
    path.strip_prefix(start).is_some_and(|path| {
        path.char_indices()
            .map(|(at, _)| at)
            .chain([path.len()])
            .any(|at| matches(&path[at..], rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_path_of_ours_must_exist() {
        let text = "\
Read `crates/a/src/lib.rs::new`, `src/lib.rs:12`, `lib.rs`, `configs/c-*.toml`, `crates/*/src`.
Not ours: `training/loss.py`, `runs/x/report.html`, `crates/<name>`, `https://a/docs/x`, `a/b`.
Gone: `crates/b`, `mod.rs`, `configs/d-*.toml` and [there](a.md), [here](../docs/b.md#x).
```
realuid teacher --config configs/c-1.toml --out runs/x
realuid teacher --config configs/none.toml
```
";
        let repository = Repository::of(&[
            ("docs/b.md", text),
            ("crates/a/src/lib.rs", ""),
            ("configs/c-1.toml", ""),
        ]);
        let found: Vec<_> = check(&repository).iter().map(ToString::to_string).collect();
        let gone = ["crates/b", "mod.rs", "configs/d-*.toml", "configs/none.toml", "a.md"];
        assert_eq!(found.len(), gone.len(), "{found:#?}");
        for (found, name) in found.iter().zip(gone) {
            assert!(found.contains(&format!("names `{name}`, which")), "{found}");
        }
        assert!(found[0].starts_with("docs/b.md:3:") && found[3].starts_with("docs/b.md:6:"));
    }

    #[test]
    fn stars_stand_for_anything() {
        assert!(matches("crates/a/src/lib.rs", "crates/*/src"));
        assert!(matches("configs/a.toml", "configs/*.toml"));
        assert!(!matches("configs/a.md", "configs/*.toml"));
    }
}
