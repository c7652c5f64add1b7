use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use realuid_data::{Dataset, Error, Loader, LoaderConfig, Result, Sample, Toy, ToyDataset};

use crate::{assert_contains, message};

/// Twelve vectors of which one is asked to misbehave; counts how many were decoded.
struct Faulty {
    fault: Fault,
    decoded: AtomicUsize,
}

const BAD: usize = 7;

/// What becomes of the bad example.
type Fault = fn() -> Result<Sample>;

impl Dataset for Faulty {
    fn len(&self) -> usize {
        12
    }

    fn get(&self, index: usize) -> Result<Sample> {
        self.decoded.fetch_add(1, Ordering::SeqCst);
        if index == BAD { (self.fault)() } else { Ok(good(index)) }
    }
}

fn good(index: usize) -> Sample {
    Sample {
        shape: vec![2],
        values: vec![index as f32; 2],
        source: None,
        class: Some(index as u32),
    }
}

fn faulty(fault: Fault) -> Arc<Faulty> {
    Arc::new(Faulty { fault, decoded: AtomicUsize::new(0) })
}

/// One example a batch, so that each batch says what became of one example.
fn outcomes(set: &Arc<Faulty>, workers: usize) -> Vec<Result<u32>> {
    let config = LoaderConfig { workers, prefetch: 4, ..LoaderConfig::new(1, 2) };
    let loader = Loader::new(set.clone(), config, 0).unwrap();
    let class = |batch: realuid_data::Batch| batch.classes.unwrap().to_vec1::<u32>().unwrap()[0];
    loader.take(24).map(|batch| batch.map(class)).collect()
}

#[test]
fn an_error_takes_the_place_of_its_batch() {
    let set = faulty(|| Err(Error::Decode { place: "bad.png".into(), source: "torn".into() }));
    let alone = outcomes(&set, 0);
    assert_eq!(alone.iter().filter(|outcome| outcome.is_err()).count(), 2, "once an epoch");
    for workers in [1, 2, 3] {
        for (left, right) in alone.iter().zip(outcomes(&set, workers)) {
            match (left, right) {
                (Ok(left), Ok(right)) => assert_eq!(*left, right),
                (Err(_), Err(right)) => assert_contains(&right.to_string(), &["bad.png", "torn"]),
                other => panic!("different outcomes {other:?}"),
            }
        }
    }
}

#[test]
fn an_example_unlike_the_first_is_named() {
    let faults: [(Fault, &[&str]); 3] = [
        (
            || Ok(Sample { shape: vec![3], values: vec![0.0; 3], source: None, class: Some(0) }),
            &["[2]", "[3]"],
        ),
        (
            || Ok(Sample { shape: vec![2], values: vec![0.0; 5], source: None, class: Some(0) }),
            &["2 values", "5"],
        ),
        (
            || Ok(Sample { shape: vec![2], values: vec![0.0; 2], source: None, class: None }),
            &["a class", "no class"],
        ),
    ];
    for (fault, parts) in faults {
        let set = faulty(fault);
        let error = outcomes(&set, 2).into_iter().find_map(Result::err).unwrap();
        assert!(matches!(error, Error::Uneven { index: BAD, .. }), "{error:?}");
        assert_contains(&error.to_string(), parts);
    }
}

#[test]
fn a_panic_in_a_data_set_becomes_an_error() {
    let outcomes = outcomes(&faulty(|| panic!("a fault made for a test")), 2);
    let lost = outcomes.iter().filter(|o| matches!(o, Err(Error::WorkerLost { .. }))).count();
    // The panicking worker's other batches are lost with it; the other worker may panic later.
    assert!(lost >= 1 && outcomes.iter().any(Result::is_ok));
}

#[test]
fn dropping_a_loader_ends_its_threads_and_nothing_was_decoded_without_bound() {
    for (workers, prefetch, taken) in [(1, 1, 3), (2, 2, 0), (3, 6, 5)] {
        let set = faulty(|| Ok(good(BAD)));
        let config = LoaderConfig { workers, prefetch, ..LoaderConfig::new(4, 0) };
        let mut loader = Loader::new(set.clone(), config, 0).unwrap();
        loader.by_ref().take(taken).for_each(|batch| assert!(batch.is_ok()));
        drop(loader);
        assert_eq!(Arc::strong_count(&set), 1, "threads that hold the set are left");
        // One example to learn the shape; then each taken batch and those held ready.
        let most = 1 + 4 * (taken + prefetch);
        let decoded = set.decoded.load(Ordering::SeqCst);
        assert!(decoded <= most && decoded > 4 * taken, "{decoded} decoded, at most {most}");
    }
}

#[test]
fn impossible_configurations_are_refused() {
    let toy = |len| Arc::new(ToyDataset::new(Toy::Moons, len, 0));
    let flip = LoaderConfig { horizontal_flip: true, ..LoaderConfig::new(2, 0) };
    assert_contains(&message(Loader::new(toy(5), flip, 0)), &["flips", "[C, H, W]", "[2]"]);
    let empty = LoaderConfig::new(0, 0);
    assert_contains(&message(Loader::new(toy(5), empty, 0)), &["batch size", "at least 1"]);
    let config = LoaderConfig::new(2, 0);
    assert_contains(&message(Loader::new(toy(0), config, 0)), &["at least one example"]);
}
