use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::{ImageFormat, Rgb, RgbImage};
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use realuid_data::{Dataset, Result, Split, open, open_cifar10};
use realuid_ops::RandomStream;

use crate::{assert_contains, message, scaled};

const HUB: &str = "message schema {
    optional group img { optional binary bytes; optional binary path (UTF8); }
    optional int64 label;
}";
const FLAT: &str = "message schema { required int32 label; required binary image; }";

/// Rows of an image, if there is one, and a label.
type Row = (Option<Vec<u8>>, i64);

/// A 4 x 2 image whose red says which.
fn png(level: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let image = RgbImage::from_fn(4, 2, |x, y| Rgb([level, x as u8 * 10, y as u8 * 20]));
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn rows(levels: std::ops::Range<u8>) -> Vec<Row> {
    levels.map(|level| (Some(png(level)), i64::from(level % 7))).collect()
}

/// Writes each of `groups` as a row group.
fn parquet(schema: &str, compression: Compression, groups: &[Vec<Row>]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    for rows in groups {
        let mut group = writer.next_row_group().unwrap();
        while let Some(mut column) = group.next_column().unwrap() {
            write_column(&mut column, rows);
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn write_column(column: &mut SerializedColumnWriter<'_>, rows: &[Row]) {
    let present = vec![1; rows.len()];
    match column.untyped() {
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let images: Vec<ByteArray> =
                rows.iter().filter_map(|row| row.0.clone().map(ByteArray::from)).collect();
            let level = |row: &Row| if row.0.is_some() { 2 } else { 0 };
            let levels: Vec<i16> = rows.iter().map(level).collect();
            match writer.get_descriptor().name() {
                "path" => writer.write_batch(&[], Some(&present), None),
                "bytes" => writer.write_batch(&images, Some(&levels), None),
                _ => writer.write_batch(&images, None, None),
            }
        }
        ColumnWriter::Int64ColumnWriter(writer) => {
            let labels: Vec<i64> = rows.iter().map(|row| row.1).collect();
            writer.write_batch(&labels, Some(&present), None)
        }
        ColumnWriter::Int32ColumnWriter(writer) => {
            let labels: Vec<i32> = rows.iter().map(|row| row.1 as i32).collect();
            writer.write_batch(&labels, None, None)
        }
        _ => panic!("no test writes such a column"),
    }
    .unwrap();
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

fn try_open(bytes: &[u8]) -> Result<Arc<dyn Dataset>> {
    let folder = tempfile::tempdir().unwrap();
    open_cifar10(&write(folder.path(), "x.parquet", bytes), None)
}

#[test]
fn every_layout_and_codec_holds_the_same() {
    let zstd = Compression::ZSTD(ZstdLevel::default());
    for schema in [HUB, FLAT] {
        for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, zstd] {
            let groups = [rows(0..5), rows(5..6), rows(6..12)];
            let set = try_open(&parquet(schema, compression, &groups)).unwrap();
            assert_eq!((set.len(), set.class_count()), (12, Some(7)));
            for i in 0..12 {
                let sample = set.get(i).unwrap();
                assert_eq!(sample.shape, [3, 2, 4]);
                assert_eq!(sample.class, Some(i as u32 % 7));
                assert_eq!(sample.values[..8], [scaled(i as u8); 8]);
                assert_eq!(sample.values[8..12], [0, 10, 20, 30].map(scaled));
                assert_eq!(sample.values[16..24], [0, 0, 0, 0, 20, 20, 20, 20].map(scaled));
            }
        }
    }
}

#[test]
fn a_folder_holds_splits_of_several_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |rows| parquet(HUB, Compression::SNAPPY, &[rows]);
    write(folder.path(), "plain_text/train-00001-of-00002.parquet", &file(rows(3..5)));
    write(folder.path(), "plain_text/train-00000-of-00002.parquet", &file(rows(0..3)));
    write(folder.path(), "plain_text/test-00000-of-00001.parquet", &file(rows(9..10)));
    let classes = |split| {
        let set = open_cifar10(folder.path(), split).unwrap();
        (0..set.len()).map(|i| set.get(i).unwrap().class.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(classes(None), [0, 1, 2, 3, 4]);
    assert_eq!(classes(Some(Split::Test)), [2]);
    let uri = format!("cifar10:{}?split=test", folder.path().display());
    assert_eq!(open(&uri).unwrap().len(), 1);
}

#[test]
fn a_broken_image_names_its_row_and_file() {
    let folder = tempfile::tempdir().unwrap();
    for (name, second) in
        [("train-0.parquet", b"".to_vec()), ("train-1.parquet", png(1)[..40].to_vec())]
    {
        let groups = [rows(0..2), vec![(Some(second), 0)]];
        write(folder.path(), name, &parquet(HUB, Compression::SNAPPY, &groups));
    }
    let set = open_cifar10(folder.path(), None).unwrap();
    for (index, file) in [(2, "train-0.parquet"), (5, "train-1.parquet")] {
        assert_contains(&message(set.get(index)), &["decoding", "row 2 of", file]);
        assert!(set.get(index - 1).is_ok());
    }
}

#[test]
fn missing_columns_nulls_and_wrong_labels_are_explained() {
    let other = "message schema { required int32 label; required binary picture; }";
    let text = message(try_open(&parquet(other, Compression::SNAPPY, &[rows(0..2)])));
    assert_contains(&text, &["img.bytes", "image", "picture (BYTE_ARRAY)", "x.parquet"]);
    let unlabelled = "message schema { required binary image; }";
    let text = message(try_open(&parquet(unlabelled, Compression::SNAPPY, &[rows(0..2)])));
    assert_contains(&text, &["a column label", "found image"]);
    let numbers = "message schema { required int32 label; required int32 image; }";
    let text = message(try_open(&parquet(numbers, Compression::SNAPPY, &[rows(0..2)])));
    assert_contains(&text, &["BYTE_ARRAY", "image (INT32)"]);
    let hole = [rows(0..2), vec![(Some(png(0)), 0), (None, 0)]];
    let text = message(try_open(&parquet(HUB, Compression::SNAPPY, &hole)));
    assert_contains(&text, &["row group 1", "nothing in row 1"]);
    for label in [-1, 1 << 40] {
        let rows = vec![(Some(png(0)), 0), (Some(png(0)), label)];
        let text = message(try_open(&parquet(HUB, Compression::SNAPPY, &[rows])));
        assert_contains(&text, &["row 1 of", &label.to_string()]);
    }
}

/// Opens what may be damaged and decodes what opens; neither may panic.
fn survive(bytes: &[u8]) {
    if let Ok(set) = try_open(bytes) {
        for i in 0..set.len().min(8) {
            let _ = set.get(i);
        }
    }
}

#[test]
fn damaged_files_never_panic() {
    for schema in [HUB, FLAT] {
        let whole = parquet(schema, Compression::SNAPPY, &[rows(0..3)]);
        for length in 0..whole.len() {
            assert!(try_open(&whole[..length]).is_err());
        }
        for round in 0..250 {
            let stream = RandomStream::new(2, "damage", round);
            let mut bytes = whole.clone();
            for k in 0..=stream.word(0) % 3 {
                let at = stream.word(2 * k + 1) as usize % bytes.len();
                bytes[at] = stream.word(2 * k + 2) as u8;
            }
            survive(&bytes);
        }
    }
}
