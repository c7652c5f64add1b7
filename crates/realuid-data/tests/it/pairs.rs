use std::sync::Arc;

use realuid_data::{
    ByteImages, Corrupted, Coupling, Dataset, Edges, Loader, LoaderConfig, Noise, Sample, Toy,
    ToyDataset, Unpaired, distinct_examples, open,
};

use crate::{all_values, assert_contains, message};

/// One address for every source there is.
const SOURCES: [&str; 9] = [
    "digits?source=blur&strength=1.5",
    "digits?source=downsample&factor=2",
    "digits?source=edges",
    "digits?source=mask&size=4&fill=noise",
    "digits?source=noise&std=0.5",
    "digits?without=7&source=noise&std=0.5&seed=4",
    "toy:8-gaussians?len=300&source=rotate&degrees=45&std=0.1",
    "toy:8-gaussians?len=300&source=moons",
    "toy:checkerboard?len=300&seed=1&source=8-gaussians&weights=1,0,1,0,1,0,1,0",
];

fn sources(uri: &str) -> Vec<Vec<f32>> {
    let set = open(uri).unwrap();
    (0..set.len()).map(|index| set.get(index).unwrap().source.unwrap()).collect()
}

#[test]
fn a_source_changes_nothing_about_the_data() {
    for uri in SOURCES {
        let (plain, pairs) = (open(uri.split_once("source=").unwrap().0), open(uri).unwrap());
        let plain = plain.unwrap();
        assert_eq!((plain.len(), plain.class_count()), (pairs.len(), pairs.class_count()));
        assert_eq!(plain.coupling(), None);
        for index in [0, 1, 299] {
            let (data, pair) = (plain.get(index).unwrap(), pairs.get(index).unwrap());
            assert_eq!(pair.source.as_ref().unwrap().len(), data.values.len(), "{uri}");
            assert_eq!(Sample { source: None, ..pair }, data, "{uri}");
            assert_eq!(pairs.class_of(index).unwrap(), data.class);
        }
    }
}

#[test]
fn a_source_depends_on_seed_and_index_alone() {
    for uri in SOURCES {
        let (first, again) = (sources(uri), sources(uri));
        assert_eq!(first, again, "{uri}");
        assert_ne!(first[0], first[1], "{uri}");
    }
    for uri in [SOURCES[3], SOURCES[4], SOURCES[6], SOURCES[7], SOURCES[8]] {
        let other = sources(&format!("{uri}&seed=5"));
        let same = sources(uri).iter().zip(&other).filter(|(a, b)| a == b).count();
        assert!(same <= 1, "{uri}: {same} sources do not depend on the seed");
    }
}

#[test]
fn the_coupling_is_named() {
    let couplings = [[Coupling::Paired; 7].as_slice(), &[Coupling::Independent; 2]].concat();
    for (uri, expected) in SOURCES.iter().zip(couplings) {
        assert_eq!(open(uri).unwrap().coupling(), Some(expected), "{uri}");
    }
}

#[test]
fn batches_hold_the_sources_of_their_examples_however_they_are_made() {
    for uri in SOURCES {
        let set = open(uri).unwrap();
        let batch = |workers, first| {
            let config = LoaderConfig { workers, ..LoaderConfig::new(50, 3) };
            let mut loader = Loader::new(set.clone(), config, first).unwrap();
            let batch = loader.nth(7 - first as usize).unwrap().unwrap();
            assert_eq!(batch.source.as_ref().unwrap().dims(), batch.data.dims());
            let flat = |t: candle_core::Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            (flat(batch.data), flat(batch.source.unwrap()))
        };
        let alone = batch(0, 0);
        assert_eq!(alone, batch(3, 0), "{uri}");
        assert_eq!(alone, batch(2, 7), "{uri}");
        let size = alone.0.len() / 50;
        let values = all_values(set.as_ref());
        for (data, source) in alone.0.chunks(size).zip(alone.1.chunks(size)) {
            let index = values.iter().position(|values| values == data).unwrap();
            assert_eq!(set.get(index).unwrap().source.unwrap(), source, "{uri}");
        }
    }
}

#[test]
fn flips_mirror_data_and_source_together() {
    let pixels: Vec<u8> = (0..200).flat_map(|i| [i, 100, 250]).collect();
    let images = Arc::new(ByteImages::new([1, 1, 3], pixels, None).unwrap());
    let set = Corrupted::new(images, Noise::new(1.0).unwrap(), 0).unwrap();
    let all: Vec<Sample> = (0..200).map(|index| set.get(index).unwrap()).collect();
    let config = LoaderConfig { horizontal_flip: true, ..LoaderConfig::new(200, 3) };
    let batch = Loader::new(Arc::new(set), config, 0).unwrap().next().unwrap().unwrap();
    let rows =
        |tensor: candle_core::Tensor| tensor.reshape((200, 3)).unwrap().to_vec2::<f32>().unwrap();
    let mut mirrored = 0;
    let reversed = |values: &[f32]| values.iter().rev().copied().collect::<Vec<f32>>();
    for (data, source) in rows(batch.data).into_iter().zip(rows(batch.source.unwrap())) {
        let find = |data: &[f32]| all.iter().find(|sample| sample.values == data);
        let expected = if let Some(straight) = find(&data) {
            straight.source.clone().unwrap()
        } else {
            mirrored += 1;
            reversed(find(&reversed(&data)).unwrap().source.as_ref().unwrap())
        };
        assert_eq!(source, expected);
    }
    // 200 fair coins: standard deviation 7.
    assert!((65..=135).contains(&mirrored), "{mirrored} of 200");
}

#[test]
fn chosen_examples_come_with_their_sources() {
    let set = open("digits?source=edges").unwrap();
    let batch = distinct_examples(set.as_ref(), 5, 1).unwrap();
    assert_eq!(batch.source.unwrap().dims(), [5, 1, 8, 8]);
    assert!(distinct_examples(&ToyDataset::new(Toy::Moons, 9, 0), 5, 1).unwrap().source.is_none());
}

#[test]
fn independent_sources_follow_their_own_distribution_whatever_the_data() {
    let set = open("toy:8-gaussians?len=20000&source=moons").unwrap();
    // Moons have mean 0 and variance 1.51 along the first axis; given a mode of the data, too.
    let mut sums = [[0.0; 3]; 8];
    for index in 0..set.len() {
        let sample = set.get(index).unwrap();
        let x = f64::from(sample.source.unwrap()[0]);
        let mode = &mut sums[sample.class.unwrap() as usize];
        *mode = [mode[0] + 1.0, mode[1] + x, mode[2] + x * x];
    }
    for [count, sum, squares] in sums {
        // Some 2,500 of a mode: standard deviations 0.025 and 0.03.
        let (mean, square) = (sum / count, squares / count);
        assert!(mean.abs() < 0.12 && (square - 1.51).abs() < 0.14, "{sums:?}");
    }
}

#[test]
fn a_toy_and_the_same_toy_as_its_source_are_different_points() {
    let set = open("toy:8-gaussians?len=2000&source=8-gaussians").unwrap();
    let same = (0..2000).filter(|index| {
        let sample = set.get(*index).unwrap();
        let near = |a: f32, b: f32| (a - b).abs() < 0.5;
        let source = sample.source.unwrap();
        near(source[0], sample.values[0]) && near(source[1], sample.values[1])
    });
    // One in eight meets its own mode: 250, standard deviation 15.
    assert!(same.count().abs_diff(250) < 75);
}

#[test]
fn sources_that_do_not_fit_are_refused() {
    let expected: [(&str, &[&str]); 13] = [
        ("digits?source=fog", &["`fog`", "blur, downsample, edges, mask, noise, rotate", "moons"]),
        ("digits?source=blur", &["`strength` is not given", "strength=1.5"]),
        ("digits?source=blur&strength=much", &["`strength=much`", "number"]),
        ("digits?source=blur&strength=0", &["above 0"]),
        ("digits?source=blur&strength=1&seed=1", &["`seed`", "strength for `blur`"]),
        ("digits?source=edges&width=1", &["`width`", "none for `edges`"]),
        ("digits?source=mask&size=4&fill=red", &["`red`", "grey or noise"]),
        ("digits?source=mask&size=9", &["fits into 8 x 8"]),
        ("digits?source=noise&std=1&std=2", &["given twice"]),
        ("digits?source=rotate&degrees=3", &["points of the plane", "[1, 8, 8]"]),
        ("digits?source=moons", &["data's shape [1, 8, 8]", "shape [2]"]),
        ("toy:moons?source=edges", &["[C, H, W]", "[2]"]),
        ("toy:moons?source=noise&std=0.1&len=9", &["`len`", "std or seed for `noise`"]),
    ];
    for (uri, parts) in expected {
        assert_contains(&message(open(uri)), parts);
    }
    let pairs = || open("digits?source=edges").unwrap();
    let twice = "have a source already";
    assert_contains(&message(Corrupted::new(pairs(), Edges, 0)), &[twice]);
    assert_contains(&message(Unpaired::new(pairs(), pairs(), 0)), &[twice]);
    let none = Arc::new(ToyDataset::new(Toy::Moons, 0, 0));
    assert_contains(&message(Unpaired::new(none.clone(), none, 0)), &["at least one source"]);
}
