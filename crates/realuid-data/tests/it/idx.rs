use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use realuid_data::{Dataset, Result, open, open_idx};
use realuid_ops::RandomStream;

use crate::{assert_contains, message, scaled};

/// A folder of test files.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn try_images(&self, bytes: &[u8]) -> Result<realuid_data::ByteImages> {
        open_idx(&self.write("images", bytes), None)
    }
}

fn idx(axes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, axes.len() as u8];
    bytes.extend(axes.iter().flat_map(|axis| axis.to_be_bytes()));
    bytes.extend_from_slice(data);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Two images of 2 x 3.
fn images() -> Vec<u8> {
    idx(&[2, 2, 3], &[0, 1, 2, 3, 4, 255, 10, 20, 30, 40, 50, 60])
}

#[test]
fn plain_and_compressed_files_hold_the_same() {
    let files = Files::new();
    let labels = idx(&[2], &[4, 9]);
    // A gzip file may hold several members one after another.
    let members = [gzip(&images()[..9]), gzip(&images()[9..])].concat();
    for (images, labels) in
        [(images(), labels.clone()), (gzip(&images()), gzip(&labels)), (members, labels)]
    {
        let (images, labels) = (files.write("i", &images), files.write("l", &labels));
        let set = open(&format!("idx:{},{}", images.display(), labels.display())).unwrap();
        assert_eq!((set.len(), set.class_count()), (2, Some(10)));
        let sample = set.get(1).unwrap();
        assert_eq!((sample.shape.as_slice(), sample.class), ([1, 2, 3].as_slice(), Some(9)));
        assert_eq!(sample.values, [10, 20, 30, 40, 50, 60].map(scaled));
        let unlabelled = open(&format!("idx:{}", images.display())).unwrap();
        assert_eq!(unlabelled.get(0).unwrap().class, None);
        let values = unlabelled.get(0).unwrap().values;
        assert_eq!(values, [0, 1, 2, 3, 4, 255].map(scaled));
        assert!((values[0] + 1.0).abs() < 1e-6 && (values[5] - 1.0).abs() < 1e-6);
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let files = Files::new();
    for whole in [images(), gzip(&images())] {
        assert_eq!(files.try_images(&whole).unwrap().len(), 2);
        for length in 0..whole.len() {
            assert_contains(&message(files.try_images(&whole[..length])), &["images"]);
        }
    }
    let too_long = [images(), vec![0]].concat();
    assert_contains(&message(files.try_images(&too_long)), &["12 bytes", "more"]);
}

#[test]
fn headers_that_promise_the_impossible_are_refused() {
    let files = Files::new();
    let claims: [&[u32]; 4] =
        [&[u32::MAX; 3], &[1 << 20, 1 << 20, 1 << 20], &[u32::MAX, 1, 1], &[1 << 16, 1 << 16, 1]];
    for axes in claims {
        for bytes in [idx(axes, &[0; 4]), gzip(&idx(axes, &vec![0; 100_000]))] {
            assert!(files.try_images(&bytes).is_err(), "{axes:?}");
        }
    }
    assert_contains(&message(files.try_images(&idx(&[u32::MAX; 3], &[]))), &["claims"]);
    for axes in [[5, 0, 3], [u32::MAX, 7, 0]] {
        assert_contains(&message(files.try_images(&idx(&axes, &[]))), &["at least one pixel"]);
    }
}

#[test]
fn other_kinds_and_other_counts_are_refused() {
    let files = Files::new();
    let floats = [vec![0, 0, 13], images()[3..].to_vec()].concat();
    assert_contains(&message(files.try_images(&floats)), &["unsigned bytes", "[0, 0, 13, 3]"]);
    assert_contains(&message(files.try_images(&idx(&[2], &[1, 2]))), &["3 axes"]);
    let (images, labels) =
        (files.write("i", &images()), files.write("labels", &idx(&[3], &[1, 2, 3])));
    let text = message(open_idx(&images, Some(&labels)));
    assert_contains(&text, &["labels: expected 2 labels", "found 3"]);
}

#[test]
fn random_bytes_never_panic() {
    let files = Files::new();
    for round in 0..1500 {
        let stream = RandomStream::new(1, "hostile", round);
        let mut bytes: Vec<u8> = (1..=stream.word(0) % 60).map(|k| stream.word(k) as u8).collect();
        // Most rounds pass the first checks, to reach the later ones.
        let good = match round % 3 {
            0 => images(),
            1 => gzip(&images()),
            _ => Vec::new(),
        };
        let kept = (round as usize / 3) % (good.len() + 1);
        bytes.splice(..kept.min(bytes.len()), good[..kept].iter().copied());
        if let Ok(set) = files.try_images(&bytes) {
            (0..set.len().min(4)).for_each(|i| assert!(set.get(i).is_ok()));
        }
    }
}
