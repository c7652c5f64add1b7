use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Ending of what is being written; whatever bears it was never finished.
pub const UNFINISHED: &str = ".unfinished";

/// Fills a new file beside `path` by `write`, syncs it, and renames it to `path`. After a crash at
/// any moment `path` holds its old content or all of the new; at most a sibling whose name ends in
/// [`UNFINISHED`] is left, to be overwritten next time. One process at a time may write a path.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<()> {
    let error = |e: std::io::Error| Error::File {
        doing: "writing",
        path: path.to_owned(),
        problem: e.to_string(),
    };
    let mut name = path.as_os_str().to_owned();
    name.push(UNFINISHED);
    let temporary = PathBuf::from(name);
    let result = fill(&temporary, write).and_then(|()| std::fs::rename(&temporary, path));
    if let Err(e) = result {
        // What matters is why writing failed; a leftover is overwritten next time.
        let _ = std::fs::remove_file(&temporary);
        return Err(error(e));
    }
    sync_parent(path).map_err(error)
}

fn fill(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    write(&mut file)?;
    file.flush()?;
    file.get_ref().sync_all()
}

/// Makes a rename to `path` itself durable; only Unix lets a folder be opened and synced.
pub fn sync_parent(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
