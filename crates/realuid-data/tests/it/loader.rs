use std::sync::Arc;

use realuid_data::{Batch, ByteImages, Dataset, Loader, LoaderConfig, Toy, ToyDataset, digits};

/// `count` images of [2, 1, 3] pixels, all different, whose class is their index.
fn numbered(count: u8) -> Arc<ByteImages> {
    let pixels = (0..count).flat_map(|i| [i, 100, 250, 1, 2, i]).collect();
    Arc::new(ByteImages::new([2, 1, 3], pixels, Some((0..count).collect())).unwrap())
}

fn batches(
    dataset: &Arc<impl Dataset + 'static>,
    config: &LoaderConfig,
    range: [u64; 2],
) -> Vec<Batch> {
    let dataset: Arc<dyn Dataset> = dataset.clone();
    let loader = Loader::new(dataset, config.clone(), range[0]).unwrap();
    let batches: Vec<Batch> =
        loader.take((range[1] - range[0]) as usize).map(Result::unwrap).collect();
    for (batch, index) in batches.iter().zip(range[0]..) {
        assert_eq!(batch.index, index);
    }
    batches
}

fn values(batch: &Batch) -> Vec<f32> {
    batch.data.flatten_all().unwrap().to_vec1().unwrap()
}

fn classes(batch: &Batch) -> Vec<u32> {
    batch.classes.as_ref().unwrap().to_vec1().unwrap()
}

fn assert_same(left: &[Batch], right: &[Batch]) {
    assert_eq!(left.len(), right.len());
    for (left, right) in left.iter().zip(right) {
        assert_eq!(left.index, right.index);
        assert_eq!(left.data.dims(), right.data.dims());
        assert_eq!(values(left), values(right));
        assert_eq!(left.classes.is_some(), right.classes.is_some());
        if left.classes.is_some() {
            assert_eq!(classes(left), classes(right));
        }
    }
}

#[test]
fn every_epoch_shows_every_example_once() {
    let set = numbered(23);
    let config = LoaderConfig { workers: 2, ..LoaderConfig::new(10, 4) };
    let seen: Vec<u32> = batches(&set, &config, [0, 23]).iter().flat_map(classes).collect();
    let epochs: Vec<&[u32]> = seen.chunks(23).collect();
    assert_eq!(epochs.len(), 10);
    for epoch in &epochs {
        let mut sorted = epoch.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..23).collect::<Vec<u32>>());
    }
    assert_ne!(epochs[0], epochs[1]);
}

#[test]
fn a_batch_holds_the_examples_it_names() {
    let set = numbered(40);
    for batch in batches(&set, &LoaderConfig::new(16, 0), [0, 3]) {
        assert_eq!(batch.data.dims(), [16, 2, 1, 3]);
        let expected: Vec<f32> =
            classes(&batch).iter().flat_map(|&i| set.get(i as usize).unwrap().values).collect();
        assert_eq!(values(&batch), expected);
    }
}

#[test]
fn the_number_of_workers_changes_nothing() {
    let set = numbered(50);
    let config = |workers, prefetch| LoaderConfig {
        horizontal_flip: true,
        workers,
        prefetch,
        ..LoaderConfig::new(7, 13)
    };
    let alone = batches(&set, &config(0, 0), [0, 30]);
    for (workers, prefetch) in [(1, 0), (1, 1), (1, 4), (2, 2), (2, 5), (3, 2), (5, 20)] {
        assert_same(&alone, &batches(&set, &config(workers, prefetch), [0, 30]));
    }
}

#[test]
fn a_loader_resumes_exactly_at_any_batch() {
    let set = Arc::new(digits().unwrap());
    for workers in [0, 2] {
        let config = LoaderConfig { horizontal_flip: true, workers, ..LoaderConfig::new(200, 21) };
        let whole = batches(&set, &config, [0, 20]);
        for start in [1, 8, 9, 19] {
            assert_same(&whole[start..], &batches(&set, &config, [start as u64, 20]));
        }
    }
}

#[test]
fn sets_smaller_than_a_batch_repeat_evenly() {
    for batch in batches(&numbered(3), &LoaderConfig::new(64, 1), [1000, 1002]) {
        for class in 0..3 {
            let count = classes(&batch).iter().filter(|&&c| c == class).count();
            assert!((20..=23).contains(&count), "{count} of 64");
        }
    }
    assert_eq!(classes(&batches(&numbered(1), &LoaderConfig::new(2, 1), [0, 1])[0]), [0, 0]);
}

#[test]
fn flips_mirror_about_half_of_the_images() {
    let set = numbered(100);
    let config = LoaderConfig { horizontal_flip: true, ..LoaderConfig::new(500, 3) };
    let mut mirrored = 0;
    for batch in batches(&set, &config, [0, 8]) {
        let images = values(&batch);
        for (image, class) in images.chunks(6).zip(classes(&batch)) {
            let straight = set.get(class as usize).unwrap().values;
            let flipped: Vec<f32> = [2, 1, 0, 5, 4, 3].map(|i| straight[i]).to_vec();
            assert!(image == straight || image == flipped);
            mirrored += usize::from(image == flipped);
        }
    }
    // 4,000 fair coins: standard deviation 32.
    assert!(mirrored.abs_diff(2000) < 160, "{mirrored} of 4000");
}

#[test]
fn seeds_and_batches_differ() {
    let set = numbered(100);
    let [a, b] = [1, 2].map(|seed| batches(&set, &LoaderConfig::new(50, seed), [0, 4]));
    assert_ne!(classes(&a[0]), classes(&b[0]));
    assert_ne!(classes(&a[0]), classes(&a[2]));
}

#[test]
fn vectors_without_classes_work() {
    let set = Arc::new(ToyDataset::new(Toy::Checkerboard, 30, 0));
    let batch = &batches(&set, &LoaderConfig::new(8, 0), [5, 6])[0];
    assert_eq!(batch.data.dims(), [8, 2]);
    assert!(batch.classes.is_none());
}

#[test]
fn batches_are_frozen() {
    let set = Arc::new(ToyDataset::new(Toy::EightGaussians, 1000, 3));
    let batch = &batches(&set, &LoaderConfig::new(4, 9), [1000, 1001])[0];
    let expected = [
        [0.734_251_44, -0.903_833_6],
        [0.920_712_65, 0.726_468_74],
        [-0.080_748_625, -1.486_896_5],
        [0.126_744_97, 1.384_683_4],
    ];
    assert_eq!(values(batch), expected.as_flattened());
    assert_eq!(classes(batch), [7, 1, 6, 2]);
    assert!(batch.source.is_none());
}
