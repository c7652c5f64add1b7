use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::{Error, Result};

/// Fills a new file beside `path` by `write`, syncs it, and renames it to `path`. After a crash at
/// any moment `path` holds its old content or all of the new.
pub(crate) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<()> {
    let error = |e: std::io::Error| Error::File {
        doing: "writing",
        path: path.to_owned(),
        problem: e.to_string(),
    };
    let name = path.file_name().ok_or_else(|| error(std::io::ErrorKind::InvalidFilename.into()))?;
    let temporary =
        path.with_file_name(format!(".{}.{}.partial", name.to_string_lossy(), std::process::id()));
    let result = fill(&temporary, write).and_then(|()| std::fs::rename(&temporary, path));
    if let Err(e) = result {
        // What matters is why writing failed; a leftover is hidden and overwritten next time.
        let _ = std::fs::remove_file(&temporary);
        return Err(error(e));
    }
    sync_folder(path).map_err(error)
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

/// Makes the rename itself durable; only Unix lets a folder be opened and synced.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
