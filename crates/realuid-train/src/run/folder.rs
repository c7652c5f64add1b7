use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::{Error, Result, files};

/// A run folder that this process alone writes to.
pub struct RunFolder {
    path: PathBuf,
    /// Held for its lock, which the operating system releases however the process ends.
    _lock: File,
}

impl RunFolder {
    /// Makes a new run at `path`, which must not exist or be empty.
    pub fn create(path: &Path) -> Result<Self> {
        std::fs::create_dir_all(path).map_err(Error::io("creating", path))?;
        if !files::entries(path)?.is_empty() {
            return Err(Error::Folder {
                path: path.to_owned(),
                expected: "an empty or new folder".into(),
                found: "files in it".into(),
                advice: "choose another --out, or continue the run that is there with --resume"
                    .into(),
            });
        }
        Self::lock(path)
    }

    /// Opens the run at `path` to go on with it; what an interrupted write left there is removed.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.join("config.toml").is_file() {
            return Err(Error::Folder {
                path: path.to_owned(),
                expected: "a run with a config.toml".into(),
                found: if path.exists() { "none" } else { "nothing there" }.into(),
                advice: "give the folder that was named with --out".into(),
            });
        }
        let run = Self::lock(path)?;
        for folder in [path.to_owned(), run.checkpoints(), run.samples()] {
            if folder.is_dir() {
                files::tidy_up(&folder)?;
            }
        }
        Ok(run)
    }

    fn lock(path: &Path) -> Result<Self> {
        let file = path.join("lock");
        let lock = File::create(&file).map_err(Error::io("creating", &file))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(e)) => return Err(Error::io("locking", &file)(e)),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Folder {
                    path: path.to_owned(),
                    expected: "a run that no other process is writing".into(),
                    found: "one that is being written".into(),
                    advice: "wait for the other process, or stop it".into(),
                });
            }
        }
        for folder in ["checkpoints", "samples"] {
            let folder = path.join(folder);
            std::fs::create_dir_all(&folder).map_err(Error::io("creating", &folder))?;
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The resolved configuration.
    pub fn config(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    /// The copy of the teacher, in distillation.
    pub fn teacher(&self) -> PathBuf {
        self.path.join("teacher")
    }

    /// The log of metrics.
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// The page of curves and pictures.
    pub fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// Folder of the pictures.
    pub fn samples(&self) -> PathBuf {
        self.path.join("samples")
    }

    fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_one_writer_and_is_never_started_over() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("run");
        let run = RunFolder::create(&path).unwrap();
        files::replace(&run.config(), b"").unwrap();
        assert!(RunFolder::open(&path).err().unwrap().to_string().contains("being written"));
        drop(run);
        assert!(RunFolder::open(&path).is_ok());
        assert!(RunFolder::create(&path).err().unwrap().to_string().contains("--resume"));
    }
}
