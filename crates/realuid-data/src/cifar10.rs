use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{ByteImages, Dataset, Error, Result};

/// Which part of CIFAR-10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// The 50,000 images to train on.
    Train,
    /// The 10,000 images held back.
    Test,
}

/// CIFAR-10 (A. Krizhevsky, 2009), colour images `[3, 32, 32]` in [-1, 1] with ten classes.
///
/// `path` is a file, or a folder that holds one layout of the split, itself or in the sub-folder
/// that layout is published with:
/// * the binary version: `data_batch_*.bin` and `test_batch.bin`;
/// * the Hub's parquet files: `train-*.parquet` and `test-*.parquet` with the columns `img` or
///   `image` (a struct with `bytes`, or the bytes) and `label`. The images, of whatever size,
///   stay compressed in memory and are decoded when asked for.
///
/// Errors: a file with a split, a folder without the split, or with it in both layouts, and files
/// that are neither.
pub fn open_cifar10(path: &Path, split: Option<Split>) -> Result<Arc<dyn Dataset>> {
    let kind = std::fs::metadata(path).map_err(Error::read(path))?;
    let files = if kind.is_dir() {
        find_files(path, split.unwrap_or(Split::Train))?
    } else if split.is_some() {
        let expected = "a folder, or a file without a split (a file is one)";
        return Err(Error::format(path, expected, "a file and a split"));
    } else {
        vec![path.to_path_buf()]
    };
    let mut parquet = Vec::new();
    for file in &files {
        parquet.push(starts_as_parquet(file)?);
    }
    match (parquet.contains(&true), parquet.contains(&false)) {
        (true, true) => Err(Error::format(
            path,
            "one layout of CIFAR-10",
            "binary and parquet files side by side",
        )),
        (true, false) => open_parquet(&files),
        (false, _) => Ok(Arc::new(read_binary(&files)?)),
    }
}

fn find_files(folder: &Path, split: Split) -> Result<Vec<PathBuf>> {
    const PLACES: [&str; 4] = ["", "cifar-10-batches-bin", "plain_text", "data"];
    let (binary, parquet) = match split {
        Split::Train => ("data_batch_", "train-"),
        Split::Test => ("test_batch", "test-"),
    };
    let wanted = |path: &Path| {
        let name = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        let extension = path.extension().and_then(OsStr::to_str);
        (name.starts_with(binary) && extension == Some("bin"))
            || (name.starts_with(parquet) && extension == Some("parquet"))
    };
    for place in PLACES.map(|place| folder.join(place)).iter().filter(|place| place.is_dir()) {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(place).map_err(Error::read(place))? {
            files.push(entry.map_err(Error::read(place))?.path());
        }
        files.retain(|path| wanted(path));
        if !files.is_empty() {
            files.sort_unstable();
            return Ok(files);
        }
    }
    Err(Error::format(folder, format!("{binary}*.bin or {parquet}*.parquet"), "neither"))
}

fn starts_as_parquet(path: &Path) -> Result<bool> {
    let mut mark = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4).read_to_end(&mut mark));
    read.map_err(Error::read(path))?;
    Ok(mark == b"PAR1")
}

/// The binary version: records of one byte of class and 3 x 32 x 32 bytes of image.
fn read_binary(files: &[PathBuf]) -> Result<ByteImages> {
    const SHAPE: [usize; 3] = [3, 32, 32];
    const RECORD: usize = 1 + 3 * 32 * 32;
    let (mut classes, mut pixels) = (Vec::new(), Vec::new());
    for path in files {
        let bytes = std::fs::read(path).map_err(Error::read(path))?;
        if bytes.is_empty() || !bytes.len().is_multiple_of(RECORD) {
            let expected = format!("a parquet file, or whole records of {RECORD} bytes");
            return Err(Error::format(path, expected, format!("{} bytes", bytes.len())));
        }
        for (row, record) in bytes.chunks_exact(RECORD).enumerate() {
            if record[0] > 9 {
                let found = format!("{} in record {row}", record[0]);
                return Err(Error::format(path, "classes from 0 to 9", found));
            }
            classes.push(record[0]);
            pixels.extend_from_slice(&record[1..]);
        }
    }
    ByteImages::new(SHAPE, pixels, Some(classes))
}

#[cfg(feature = "parquet")]
fn open_parquet(files: &[PathBuf]) -> Result<Arc<dyn Dataset>> {
    Ok(Arc::new(crate::parquet_images::ParquetImages::open(files)?))
}

#[cfg(not(feature = "parquet"))]
fn open_parquet(files: &[PathBuf]) -> Result<Arc<dyn Dataset>> {
    let expected = "a build of realuid-data with the feature `parquet`";
    Err(Error::format(&files[0], expected, "one without"))
}
