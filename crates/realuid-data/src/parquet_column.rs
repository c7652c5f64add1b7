use std::path::Path;

use parquet::basic::Type as Physical;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::reader::FileReader;

use crate::parquet_pages::CheckedPages;
use crate::{Error, Result};

/// A column without lists, which therefore has one value a row.
pub(crate) struct Column<'a> {
    path: &'a Path,
    name: String,
    position: usize,
    /// Level at which a value is there; below it, it or the struct around it is null.
    full_level: i16,
}

impl<'a> Column<'a> {
    /// The first column of the file at `path` that has one of `names`, and one of `types`.
    pub(crate) fn find(
        reader: &impl FileReader,
        path: &'a Path,
        names: &[&str],
        types: &[Physical],
    ) -> Result<Self> {
        let schema = reader.metadata().file_metadata().schema_descr();
        let columns = schema.columns();
        let name_of = |position: usize| columns[position].path().string();
        let found = names
            .iter()
            .find_map(|name| (0..columns.len()).find(|&position| name_of(position) == *name))
            .filter(|&position| {
                let column = &columns[position];
                types.contains(&column.physical_type()) && column.max_rep_level() == 0
            });
        let Some(position) = found else {
            let list = |column: usize| {
                format!("{} ({})", name_of(column), columns[column].physical_type())
            };
            let expected = format!("a column {} of type {types:?}", names.join(" or "));
            let found = (0..columns.len()).map(list).collect::<Vec<_>>().join(", ");
            return Err(Error::format(path, expected, found));
        };
        let full_level = columns[position].max_def_level();
        Ok(Self { path, name: name_of(position), position, full_level })
    }

    fn place(&self, group: usize) -> String {
        format!("column {} in row group {group} of {}", self.name, self.path.display())
    }
}

/// The values of a column of bytes in one row group.
pub(crate) fn read_bytes(
    reader: &impl FileReader,
    group: usize,
    column: &Column,
) -> Result<Vec<ByteArray>> {
    match column_reader(reader, group, column)? {
        ColumnReader::ByteArrayColumnReader(values) => read_all(values, reader, group, column),
        _ => Err(wrong_type(group, column)),
    }
}

/// The values of a column of integers in one row group.
pub(crate) fn read_integers(
    reader: &impl FileReader,
    group: usize,
    column: &Column,
) -> Result<Vec<i64>> {
    match column_reader(reader, group, column)? {
        ColumnReader::Int64ColumnReader(values) => read_all(values, reader, group, column),
        ColumnReader::Int32ColumnReader(values) => {
            let values = read_all(values, reader, group, column)?;
            Ok(values.into_iter().map(i64::from).collect())
        }
        _ => Err(wrong_type(group, column)),
    }
}

fn column_reader(reader: &impl FileReader, group: usize, column: &Column) -> Result<ColumnReader> {
    let pages = reader
        .get_row_group(group)
        .and_then(|rows| rows.get_column_page_reader(column.position))
        .map_err(|source| decode_error(group, column, source))?;
    let description = reader.metadata().file_metadata().schema_descr().column(column.position);
    Ok(get_column_reader(description, Box::new(CheckedPages(pages))))
}

fn read_all<T: DataType>(
    mut values: ColumnReaderImpl<T>,
    reader: &impl FileReader,
    group: usize,
    column: &Column,
) -> Result<Vec<T::T>> {
    let rows = reader.metadata().row_group(group).num_rows() as usize;
    let (mut read, mut levels, mut total) = (Vec::new(), Vec::new(), 0);
    while total < rows {
        let (records, _, _) = values
            .read_records(rows - total, Some(&mut levels), None, &mut read)
            .map_err(|source| decode_error(group, column, source))?;
        if records == 0 {
            break;
        }
        total += records;
    }
    if total == rows && read.len() == rows {
        return Ok(read);
    }
    let found = match levels.iter().position(|&level| level < column.full_level) {
        Some(row) => format!("nothing in row {row} of the group"),
        None => format!("{} values", read.len()),
    };
    let expected = format!("a value in each of the {rows} rows");
    Err(Error::Format { place: column.place(group), expected, found })
}

fn decode_error(group: usize, column: &Column, source: ParquetError) -> Error {
    Error::Decode { place: column.place(group), source: source.into() }
}

fn wrong_type(group: usize, column: &Column) -> Error {
    Error::Format {
        place: column.place(group),
        expected: "the type that the file's schema states".into(),
        found: "another".into(),
    }
}
