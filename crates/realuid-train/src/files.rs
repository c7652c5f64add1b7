//! Files that are either the old one or the new one, whatever happens in between.

use std::io::Write;
use std::path::{Path, PathBuf};

use realuid_models::{UNFINISHED, sync_parent, write_atomically};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// Ending of a folder that is being replaced.
const SUPERSEDED: &str = ".superseded";

/// Writes `bytes` to `path`, which holds its old content until all of the new is on the disk.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    Ok(write_atomically(path, |file| file.write_all(bytes))?)
}

/// Makes the folder `path` as a whole: `fill` writes into an unfinished sibling, which is then renamed.
///
/// A folder that is already there is set aside for the moment of the renaming, and only then removed;
/// [`tidy_up`] puts it back if the moment was cut short.
pub fn replace_folder(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let (unfinished, superseded) = (sibling(path, UNFINISHED), sibling(path, SUPERSEDED));
    remove_folder(&unfinished)?;
    std::fs::create_dir_all(&unfinished).map_err(Error::io("creating", &unfinished))?;
    fill(&unfinished)?;
    if path.exists() {
        std::fs::rename(path, &superseded).map_err(Error::io("setting aside", path))?;
    }
    std::fs::rename(&unfinished, path).map_err(Error::io("renaming to", path))?;
    sync_parent(path).map_err(Error::io("syncing the folder of", path))?;
    remove_folder(&superseded)
}

/// Removes what an interrupted write left behind in `folder` (not in folders below it), and puts
/// back a folder that was set aside when its successor had not yet taken its place.
pub fn tidy_up(folder: &Path) -> Result<()> {
    for path in entries(folder)? {
        let name = path.to_string_lossy().into_owned();
        if let Some(original) = name.strip_suffix(SUPERSEDED).map(Path::new) {
            if original.exists() {
                remove_folder(&path)?;
            } else {
                std::fs::rename(&path, original).map_err(Error::io("putting back", original))?;
            }
        } else if name.ends_with(UNFINISHED) && path.is_dir() {
            remove_folder(&path)?;
        } else if name.ends_with(UNFINISHED) {
            std::fs::remove_file(&path).map_err(Error::io("removing", &path))?;
        }
    }
    Ok(())
}

/// Plain data as JSON, indented.
///
/// # Panics
/// When `value` is not plain data (a map with keys that are no text).
pub fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("plain data")
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

fn sibling(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
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
        tidy_up(root.path()).unwrap();
        assert_eq!(entries(root.path()).unwrap(), [folder]);
    }

    #[test]
    fn a_folder_set_aside_comes_back_unless_it_was_replaced() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("checkpoint");
        replace_folder(&folder, |f| replace(&f.join("a"), b"old")).unwrap();
        std::fs::rename(&folder, sibling(&folder, SUPERSEDED)).unwrap();
        tidy_up(root.path()).unwrap();
        assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"old");

        std::fs::create_dir(sibling(&folder, SUPERSEDED)).unwrap();
        tidy_up(root.path()).unwrap();
        replace_folder(&folder, |f| replace(&f.join("a"), b"new")).unwrap();
        assert_eq!(entries(root.path()).unwrap(), std::slice::from_ref(&folder));
        assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"new");
    }
}
