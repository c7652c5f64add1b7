use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::basic::Type as Physical;
use parquet::data_type::ByteArray;
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
            set.append(path)?;
        }
        Ok(set)
    }

    fn append(&mut self, path: &Path) -> Result<()> {
        let file = File::open(path).map_err(Error::read(path))?;
        let bytes = file.metadata().map_err(Error::read(path))?.len();
        let reader = SerializedFileReader::new(file).map_err(|source| Error::Decode {
            place: path.display().to_string(),
            source: source.into(),
        })?;
        check_rows(&reader, bytes, path)?;
        let images = Column::find(&reader, path, &IMAGE_COLUMNS, &[Physical::BYTE_ARRAY])?;
        let labels = Column::find(&reader, path, &["label"], &[Physical::INT64, Physical::INT32])?;
        for group in 0..reader.num_row_groups() {
            read_bytes(&reader, group, &images, &mut self.images)?;
            let first_row = self.classes.len() - self.files.last().map_or(0, |&(_, first)| first);
            for (row, label) in read_integers(&reader, group, &labels)?.into_iter().enumerate() {
                self.classes.push(class(label).ok_or_else(|| Error::Format {
                    place: format!("row {} of {}", first_row + row, path.display()),
                    expected: "a label from 0 to 65535".into(),
                    found: label.to_string(),
                })?);
            }
        }
        Ok(())
    }

    fn place(&self, index: usize) -> String {
        let file = self.files.partition_point(|&(_, first)| first <= index) - 1;
        let (path, first) = &self.files[file];
        format!("the image in row {} of {}", index - first, path.display())
    }
}

/// Where published sets keep their images.
const IMAGE_COLUMNS: [&str; 4] = ["img.bytes", "image.bytes", "img", "image"];

/// Classes index tables of embeddings, so a label beyond this is damage rather than a class.
fn class(label: i64) -> Option<u32> {
    u16::try_from(label).ok().map(u32::from)
}

/// Refuses more rows than the file has bytes: no images are that small, but run-length encoding
/// lets a damaged file claim any number.
fn check_rows(reader: &impl FileReader, bytes: u64, path: &Path) -> Result<()> {
    let groups = reader.metadata().row_groups();
    let rows = groups
        .iter()
        .try_fold(0_u64, |rows, group| rows.checked_add(u64::try_from(group.num_rows()).ok()?));
    if rows.is_some_and(|rows| rows <= bytes) {
        return Ok(());
    }
    let expected = format!("at most as many rows as the file has bytes, {bytes}");
    let found = rows.map_or("a number of rows that is none".into(), |rows| rows.to_string());
    Err(Error::format(path, expected, found))
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
