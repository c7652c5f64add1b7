//! Where a demo writes: always to a folder of its own, as runs are never deleted.

use std::path::{Path, PathBuf};

use anyhow::ensure;

/// The folder that the caller chose, if nothing is in it.
pub fn chosen(folder: PathBuf) -> anyhow::Result<PathBuf> {
    let empty = std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_none());
    ensure!(
        empty || !folder.exists(),
        "--out: expected a new or empty folder, found {} with something in it; choose another, or \
         move it away",
        folder.display()
    );
    Ok(folder)
}

/// `name` below `parent`, with the first number behind it that is free.
pub fn fresh(parent: &Path, name: &str) -> PathBuf {
    let first = parent.join(name);
    let numbered = (2..).map(|number| parent.join(format!("{name}-{number}")));
    std::iter::once(first).chain(numbered).find(|folder| !folder.exists()).expect("numbers abound")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_never_written_over() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        assert_eq!(fresh(&sources, "demo"), sources.join("demo-2"));
        assert_eq!(fresh(&sources, "other"), sources.join("other"));
        let error = chosen(sources.clone()).unwrap_err().to_string();
        assert!(error.contains("choose another"), "{error}");
        assert_eq!(chosen(sources.join("other")).unwrap(), sources.join("other"));
    }
}
