//! Files that are either the old one or the new one, whatever happens in between.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// Ending of files and folders that are being written; whatever bears it was never finished.
const UNFINISHED: &str = ".unfinished";

/// Writes `bytes` to `path`: to a sibling first, synced, then renamed over what was there.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let sibling = unfinished_sibling(path);
    let mut file = File::create(&sibling).map_err(Error::io("creating", &sibling))?;
    file.write_all(bytes).map_err(Error::io("writing", &sibling))?;
    file.sync_all().map_err(Error::io("syncing", &sibling))?;
    std::fs::rename(&sibling, path).map_err(Error::io("renaming to", path))?;
    sync_parent(path)
}

/// Makes the folder `path` as a whole: `fill` writes into an unfinished sibling, which is then renamed.
///
/// A folder that is already there is removed first, so a repeated step leaves what it writes now.
pub fn replace_folder(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let sibling = unfinished_sibling(path);
    remove_folder(&sibling)?;
    std::fs::create_dir_all(&sibling).map_err(Error::io("creating", &sibling))?;
    fill(&sibling)?;
    remove_folder(path)?;
    std::fs::rename(&sibling, path).map_err(Error::io("renaming to", path))?;
    sync_parent(path)
}

/// Removes what an interrupted write left behind in `folder` (not in folders below it).
pub fn remove_unfinished(folder: &Path) -> Result<()> {
    for path in entries(folder)? {
        if path.to_string_lossy().ends_with(UNFINISHED) {
            if path.is_dir() {
                remove_folder(&path)?;
            } else {
                std::fs::remove_file(&path).map_err(Error::io("removing", &path))?;
            }
        }
    }
    Ok(())
}

/// Reads the JSON file `path` as `T`.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(Error::io("reading", path))?;
    serde_json::from_str(&text).map_err(|e| Error::Folder {
        path: path.to_owned(),
        expected: "a file written by this program".into(),
        found: e.to_string(),
        advice: "it was changed by hand or comes from another version; restore it".into(),
    })
}

/// What `folder` holds, sorted.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = std::fs::read_dir(folder).map_err(Error::io("listing", folder))?;
    let mut paths = Vec::new();
    for entry in read {
        paths.push(entry.map_err(Error::io("listing", folder))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Removes `folder` and all below it; it need not exist.
pub fn remove_folder(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io("removing", folder)(e)),
        _ => Ok(()),
    }
}

fn unfinished_sibling(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(UNFINISHED);
    name.into()
}

/// A rename is on the disk only once its folder is.
fn sync_parent(path: &Path) -> Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Windows cannot open a folder as a file; its renames need no sync.
    #[cfg(unix)]
    File::open(parent).and_then(|f| f.sync_all()).map_err(Error::io("syncing", parent))?;
    let _ = parent;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_fill_keeps_the_old_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("checkpoint");
        replace_folder(&folder, |f| replace(&f.join("a"), b"old")).unwrap();
        let failed = replace_folder(&folder, |f| {
            replace(&f.join("a"), b"new")?;
            Err(Error::config("test", "disk full"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"old");
        remove_unfinished(root.path()).unwrap();
        assert_eq!(entries(root.path()).unwrap(), [folder]);
    }
}
