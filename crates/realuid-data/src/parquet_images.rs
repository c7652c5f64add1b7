use std::fs::File;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use parquet::basic::Type as Physical;
use parquet::data_type::ByteArray;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::dataset::check_index;
use crate::parquet_column::{Column, read_bytes, read_integers};
use crate::picture::{decode, to_sample};
use crate::{Channels, Dataset, Error, Result, Sample};

/// Labelled images in parquet files, compressed in memory and decoded when asked for.
pub(crate) struct ParquetImages {
    /// Each file, and the index of its first image.
    files: Vec<(PathBuf, usize)>,
    images: Vec<ByteArray>,
    classes: Vec<u32>,
}

impl ParquetImages {
    /// Reads all rows of `files`, without decoding the images.
    pub(crate) fn open(files: &[PathBuf]) -> Result<Self> {
        let mut set = Self { files: Vec::new(), images: Vec::new(), classes: Vec::new() };
        for path in files {
            set.files.push((path.clone(), set.images.len()));
            let (images, classes) = read_guarded(path)?;
            set.images.extend(images);
            set.classes.extend(classes);
        }
        Ok(set)
    }

    fn place(&self, index: usize) -> String {
        let file = self.files.partition_point(|&(_, first)| first <= index) - 1;
        let (path, first) = &self.files[file];
        format!("the image in row {} of {}", index - first, path.display())
    }
}

/// Reads a file, and makes the panics with which the parquet reader meets some damaged pages
/// errors.
fn read_guarded(path: &Path) -> Result<(Vec<ByteArray>, Vec<u32>)> {
    catch_unwind(|| read_rows(path)).unwrap_or_else(|_| {
        Err(Error::format(path, "whole parquet pages", "damage that made their reader panic"))
    })
}

/// The images and classes of all rows of one file.
fn read_rows(path: &Path) -> Result<(Vec<ByteArray>, Vec<u32>)> {
    let file = File::open(path).map_err(Error::read(path))?;
    let bytes = file.metadata().map_err(Error::read(path))?.len();
    let reader = SerializedFileReader::new(file).map_err(|source| Error::Decode {
        place: path.display().to_string(),
        source: source.into(),
    })?;
    check_footer(&reader, bytes, path)?;
    let images = Column::find(&reader, path, &IMAGE_COLUMNS, &[Physical::BYTE_ARRAY])?;
    let labels = Column::find(&reader, path, &["label"], &[Physical::INT64, Physical::INT32])?;
    let (mut rows, mut classes) = (Vec::new(), Vec::new());
    for group in 0..reader.num_row_groups() {
        rows.extend(read_bytes(&reader, group, &images)?);
        for label in read_integers(&reader, group, &labels)? {
            classes.push(class(label).ok_or_else(|| Error::Format {
                place: format!("row {} of {}", classes.len(), path.display()),
                expected: "a label from 0 to 65535".into(),
                found: label.to_string(),
            })?);
        }
    }
    Ok((rows, classes))
}

/// Where published sets keep their images.
const IMAGE_COLUMNS: [&str; 4] = ["img.bytes", "image.bytes", "img", "image"];

/// Classes index tables of embeddings, so a label beyond this is damage rather than a class.
fn class(label: i64) -> Option<u32> {
    u16::try_from(label).ok().map(u32::from)
}

/// Refuses what a damaged footer may claim and the reader would believe: columns that do not lie
/// within the file's `bytes`, and more rows than it has bytes (no images are that small, but
/// run-length encoding leaves the number free).
fn check_footer(reader: &impl FileReader, bytes: u64, path: &Path) -> Result<()> {
    let mut rows = 0_u64;
    for (group, metadata) in reader.metadata().row_groups().iter().enumerate() {
        let more = u64::try_from(metadata.num_rows()).unwrap_or(u64::MAX);
        rows = rows.saturating_add(more);
        if rows > bytes {
            let expected = format!("at most as many rows as the file has bytes, {bytes}");
            return Err(Error::format(path, expected, format!("{rows} by row group {group}")));
        }
        if let Some(column) = metadata.columns().iter().find(|column| !lies_within(column, bytes)) {
            let expected = format!("columns within the file's {bytes} bytes");
            let found = format!("{} of row group {group} outside", column.column_path().string());
            return Err(Error::format(path, expected, found));
        }
    }
    Ok(())
}

fn lies_within(column: &ColumnChunkMetaData, bytes: u64) -> bool {
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let end = u64::try_from(start)
        .ok()
        .zip(u64::try_from(column.compressed_size()).ok())
        .and_then(|(start, length)| start.checked_add(length));
    end.is_some_and(|end| end <= bytes)
}

impl Dataset for ParquetImages {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn get(&self, index: usize) -> Result<Sample> {
        check_index(index, self.len())?;
        let image = decode(self.images[index].data(), Channels::Colour, Place(self, index))?;
        Ok(to_sample(image, Some(self.classes[index])))
    }

    fn class_of(&self, index: usize) -> Result<Option<u32>> {
        check_index(index, self.len())?;
        Ok(Some(self.classes[index]))
    }

    fn class_count(&self) -> Option<u32> {
        self.classes.iter().max().map(|highest| highest + 1)
    }
}

/// Names an image only when an error asks for it.
struct Place<'a>(&'a ParquetImages, usize);

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.place(self.1))
    }
}
