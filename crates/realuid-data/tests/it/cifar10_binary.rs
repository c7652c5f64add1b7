use std::path::Path;

use realuid_data::{Split, open, open_cifar10};

use crate::{assert_contains, message, scaled};

/// A record whose pixel (channel, row, column) is known.
fn record(class: u8) -> Vec<u8> {
    let mut record = vec![class];
    for channel in 0..3 {
        for row in 0..32 {
            record.extend((0..32).map(|column| class * 3 + channel * 50 + row + column * 2));
        }
    }
    record
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn classes(path: &Path, split: Option<Split>) -> Vec<u32> {
    let set = open_cifar10(path, split).unwrap();
    (0..set.len()).map(|i| set.get(i).unwrap().class.unwrap()).collect()
}

#[test]
fn the_splits_of_a_folder_come_in_the_order_of_their_names() {
    for prefix in ["", "cifar-10-batches-bin/"] {
        let folder = folder(&[
            (&format!("{prefix}data_batch_2.bin"), &record(5)),
            (&format!("{prefix}data_batch_1.bin"), &[record(3), record(9)].concat()),
            (&format!("{prefix}test_batch.bin"), &record(1)),
            (&format!("{prefix}batches.meta.txt"), b"airplane"),
        ]);
        assert_eq!(classes(folder.path(), None), [3, 9, 5]);
        assert_eq!(classes(folder.path(), Some(Split::Train)), [3, 9, 5]);
        assert_eq!(classes(folder.path(), Some(Split::Test)), [1]);
        let file = folder.path().join(format!("{prefix}data_batch_1.bin"));
        assert_eq!(classes(&file, None), [3, 9]);
        let uri = format!("cifar10:{}?split=test", folder.path().display());
        assert_eq!(open(&uri).unwrap().len(), 1);
    }
}

#[test]
fn pixels_lie_where_they_should() {
    let folder = folder(&[("test_batch.bin", &record(1))]);
    let sample = open_cifar10(folder.path(), Some(Split::Test)).unwrap().get(0).unwrap();
    assert_eq!(sample.shape, [3, 32, 32]);
    for (channel, row, column) in [(0, 0, 0), (2, 31, 30), (1, 4, 17)] {
        let byte = 3 + channel * 50 + row + column * 2;
        let at = (usize::from(channel) * 32 + usize::from(row)) * 32 + usize::from(column);
        assert_eq!(sample.values[at..=at], [scaled(byte)]);
    }
}

#[test]
fn damaged_and_missing_files_are_named() {
    let torn = folder(&[("data_batch_1.bin", &record(1)[..3000])]);
    let text = message(open_cifar10(torn.path(), None));
    assert_contains(&text, &["data_batch_1.bin", "3073", "3000"]);
    assert_contains(&message(open_cifar10(torn.path(), Some(Split::Test))), &["test_batch"]);
    let wrong = folder(&[("data_batch_1.bin", &[record(1), record(10)].concat())]);
    assert_contains(&message(open_cifar10(wrong.path(), None)), &["0 to 9", "10 in record 1"]);
    let none = folder(&[("data_batch_1.bin", &[])]);
    assert_contains(&message(open_cifar10(none.path(), None)), &["found 0 bytes"]);
    let file = torn.path().join("data_batch_1.bin");
    assert_contains(&message(open_cifar10(&file, Some(Split::Train))), &["without a split"]);
}

#[test]
fn two_layouts_side_by_side_are_refused() {
    let both = folder(&[("data_batch_1.bin", &record(1)), ("train-0.parquet", b"PAR1")]);
    assert_contains(&message(open_cifar10(both.path(), None)), &["side by side"]);
}
