use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

/// Extensions of the files whose text is checked; the others are only known to exist.
const TEXT: [&str; 8] = ["rs", "md", "toml", "lock", "sh", "py", "html", "gitignore"];

/// The repository's own files by path from its root (`/` between folders), without what git ignores.
pub struct Repository {
    files: BTreeMap<String, Option<String>>,
}

impl Repository {
    /// Reads everything below `root` that `.gitignore` does not name.
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let ignored = std::fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
        let mut files = BTreeMap::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let at = root.join(&folder);
            let entries =
                std::fs::read_dir(&at).with_context(|| format!("listing {}", at.display()))?;
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if is_ignored(&path, &ignored) {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    folders.push(path);
                } else {
                    let text = text_of(&path, &entry.path())?;
                    files.insert(path, text);
                }
            }
        }
        Ok(Self { files })
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// The text of the file at `path`, if it is there and is text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Every path.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Every text file: path and text.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// The text files with this extension.
    pub fn with_extension(&self, extension: &str) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(move |(path, _)| extension_of(path) == extension)
    }

    /// Whether there is a file or a folder at `path`.
    pub fn exists(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        self.files.contains_key(path) || self.paths().any(|file| file.starts_with(&folder))
    }

    /// The line of the file at `path` that starts with `start`, or 1.
    pub fn line_starting(&self, path: &str, start: &str) -> usize {
        let text = self.text(path).unwrap_or_default();
        text.lines().position(|line| line.trim_start().starts_with(start)).map_or(1, |i| i + 1)
    }

    /// A repository of these files, for tests.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), Some((*text).to_owned()));
        Self { files: files.iter().map(owned).collect() }
    }
}

/// Whether `path` lies among the tests: may be longer, may name any path.
pub fn is_test(path: &str) -> bool {
    path.contains("/tests/") || (path.starts_with("tests/") && !path.starts_with("tests/src/"))
}

fn extension_of(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn text_of(path: &str, file: &Path) -> anyhow::Result<Option<String>> {
    if !TEXT.contains(&extension_of(path)) && !path.starts_with(".ci/") {
        return Ok(None);
    }
    std::fs::read_to_string(file).map(Some).with_context(|| format!("reading {path} as text"))
}

/// The two forms of `.gitignore` lines that we use: `/name` at the top, and `*.extension` anywhere.
fn is_ignored(path: &str, ignored: &str) -> bool {
    path == ".git"
        || ignored.lines().map(str::trim).any(|rule| {
            if let Some(name) = rule.strip_prefix('/') {
                path == name.trim_end_matches('/')
            } else if let Some(suffix) = rule.strip_prefix('*') {
                path.ends_with(suffix)
            } else {
                false
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_ignores_is_no_part_of_the_repository() {
        let rules = "/target\n/runs/\n*.swp\n";
        for path in ["target", "runs", "crates/a/.lib.rs.swp", ".git"] {
            assert!(is_ignored(path, rules), "{path}");
        }
        for path in ["crates/target", "targets", ".gitignore"] {
            assert!(!is_ignored(path, rules), "{path}");
        }
    }

    #[test]
    fn folders_exist_as_far_as_files_are_in_them() {
        let repository = Repository::of(&[("crates/a/src/lib.rs", "")]);
        assert!(repository.exists("crates/a/"));
        assert!(repository.exists("crates/a/src/lib.rs"));
        assert!(!repository.exists("crates/a/sr"));
    }

    #[test]
    fn the_parity_program_is_no_test() {
        assert!(is_test("crates/realuid-ops/tests/graph.rs"));
        assert!(is_test("tests/fixtures/a.rs"));
        assert!(!is_test("tests/src/main.rs"));
    }
}
