use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// One line of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Steps done.
    pub step: u64,
    /// Whose numbers these are: `matching`, `fake`, `generator` or `evaluation`.
    pub kind: String,
    /// Means of the losses by term, the gradient norm before clipping, the learning rate; or metrics.
    #[serde(flatten)]
    pub values: BTreeMap<String, f64>,
}

/// The run's log: lines are only ever added, and cut back to a checkpoint's length on resuming.
pub struct MetricsLog {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl MetricsLog {
    /// Opens the log at `path`, cut to its first `bytes` bytes; a shorter file is an error.
    pub fn open(path: &Path, bytes: u64) -> Result<Self> {
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(path);
        let file = open.map_err(Error::io("opening", path))?;
        let found = file.metadata().map_err(Error::io("opening", path))?.len();
        if found < bytes {
            return Err(Error::Folder {
                path: path.to_owned(),
                expected: format!("at least the {bytes} bytes written before the checkpoint"),
                found: format!("{found} bytes"),
                advice: "restore the file, or remove the checkpoints after it was cut".into(),
            });
        }
        let mut log = Self { path: path.to_owned(), file, bytes };
        log.cut(bytes)?;
        Ok(log)
    }

    /// Adds one record.
    pub fn write(&mut self, record: &Record) -> Result<()> {
        let line = line(record);
        self.file.write_all(line.as_bytes()).map_err(Error::io("writing", &self.path))?;
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// Length in bytes.
    pub fn length(&self) -> u64 {
        self.bytes
    }

    /// Takes back everything after the first `bytes` bytes.
    pub fn cut(&mut self, bytes: u64) -> Result<()> {
        self.file.set_len(bytes).map_err(Error::io("cutting", &self.path))?;
        self.file.seek(SeekFrom::End(0)).map_err(Error::io("seeking in", &self.path))?;
        self.bytes = bytes;
        Ok(())
    }

    /// Length in bytes, once everything written is on the disk.
    pub fn sync(&self) -> Result<u64> {
        self.file.sync_data().map_err(Error::io("syncing", &self.path))?;
        Ok(self.bytes)
    }
}

fn line(record: &Record) -> String {
    serde_json::to_string(record).expect("a record is plain data") + "\n"
}

/// All records of the log at `path`, in their order.
pub fn read_records(path: &Path) -> Result<Vec<Record>> {
    let text = std::fs::read_to_string(path).map_err(Error::io("reading", path))?;
    text.lines()
        .map(|line| {
            serde_json::from_str(line).map_err(|e| Error::Folder {
                path: path.to_owned(),
                expected: "a record on every line".into(),
                found: e.to_string(),
                advice: "the file was changed by hand; restore it".into(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resuming_cuts_what_came_after_the_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let record =
            |step| Record { step, kind: "fake".into(), values: [("loss".into(), 0.1)].into() };
        let mut log = MetricsLog::open(&path, 0).unwrap();
        log.write(&record(1)).unwrap();
        let bytes = log.sync().unwrap();
        log.write(&record(2)).unwrap();
        drop(log);
        let mut log = MetricsLog::open(&path, bytes).unwrap();
        log.write(&record(3)).unwrap();
        let steps: Vec<u64> = read_records(&path).unwrap().iter().map(|r| r.step).collect();
        assert_eq!(steps, [1, 3]);
        assert!(MetricsLog::open(&path, 1000).is_err());
    }
}
