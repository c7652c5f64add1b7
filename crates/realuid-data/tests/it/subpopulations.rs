use std::sync::Arc;

use realuid_data::{Dataset, Toy, ToyDataset, WithoutClasses, open};

use crate::{assert_contains, message};

const COUNT: usize = 20_000;

fn class_counts(set: &dyn Dataset) -> Vec<usize> {
    let mut counts = vec![0; set.class_count().unwrap() as usize];
    for index in 0..set.len() {
        let class = set.class_of(index).unwrap().unwrap();
        counts[class as usize] += 1;
    }
    counts
}

#[test]
fn modes_come_as_often_as_their_weights_say() {
    let uri = format!("toy:8-gaussians?len={COUNT}&weights=0,0.5,1,1,1,1,1,1");
    let set = open(&uri).unwrap();
    let counts = class_counts(set.as_ref());
    assert_eq!(counts[0], 0);
    for (mode, count) in counts.iter().enumerate().skip(1) {
        let share = if mode == 1 { 0.5 } else { 1.0 } / 6.5;
        let deviation = (COUNT as f64 * share * (1.0 - share)).sqrt();
        let off = (*count as f64 - share * COUNT as f64).abs();
        assert!(off < 4.0 * deviation, "mode {mode}: {counts:?}");
    }
    let centres = Toy::eight_gaussians_centres();
    for index in 0..500 {
        let sample = set.get(index).unwrap();
        let [x, y] = centres[sample.class.unwrap() as usize];
        let [dx, dy] = [f64::from(sample.values[0]) - x, f64::from(sample.values[1]) - y];
        assert!(dx.hypot(dy) < 5.0 * Toy::EIGHT_GAUSSIANS_STD, "not on the mode of its class");
    }
}

#[test]
fn every_toy_with_classes_can_be_weighted() {
    for toy in Toy::ALL {
        let plain = ToyDataset::new(toy, 1000, 2);
        let Some(count) = toy.class_count() else {
            let text = message(plain.with_weights(&[1.0]));
            assert_contains(&text, &["a toy with classes", toy.name()]);
            continue;
        };
        let even = plain.clone().with_weights(&vec![3.0; count as usize]).unwrap();
        let mut last = vec![0.0; count as usize];
        *last.last_mut().unwrap() = 1.0;
        let last = plain.clone().with_weights(&last).unwrap();
        assert_eq!(class_counts(&last)[count as usize - 1], 1000);
        for index in 0..1000 {
            assert_eq!(even.get(index).unwrap(), plain.get(index).unwrap(), "{}", toy.name());
            assert_eq!(plain.class_of(index).unwrap(), plain.get(index).unwrap().class);
        }
    }
}

#[test]
fn a_held_back_class_is_gone_and_the_others_are_untouched() {
    let (all, part) = (open("digits").unwrap(), open("digits?without=7,0").unwrap());
    assert_eq!(class_counts(part.as_ref()), [0, 182, 177, 183, 181, 182, 181, 0, 174, 180]);
    let kept = (0..all.len()).map(|index| all.get(index).unwrap());
    let kept = kept.filter(|sample| !matches!(sample.class, Some(0 | 7)));
    for (index, sample) in kept.enumerate() {
        assert_eq!(part.get(index).unwrap(), sample);
    }
    assert_eq!(part.len(), 1797 - 178 - 179);
    assert!(part.get(part.len()).is_err() && part.class_of(part.len()).is_err());
}

#[test]
fn subpopulations_that_make_no_sense_are_refused() {
    let expected: [(&str, &[&str]); 7] = [
        ("toy:8-gaussians?weights=1,1", &["each of the 8 classes", "2 weights"]),
        ("toy:moons?weights=1,-1", &["at least 0, found -1"]),
        ("toy:moons?weights=0,0", &["above 0"]),
        ("toy:moons?weights=1,b", &["`weights=1,b`", "weights=0,0.5,1,1"]),
        ("toy:checkerboard?weights=1", &["a toy with classes"]),
        ("digits?without=10", &["classes from 0 to 9, found 10"]),
        ("digits?without=x", &["`without=x`", "without=7"]),
    ];
    for (uri, parts) in expected {
        assert_contains(&message(open(uri)), parts);
    }
    let moons: Arc<dyn Dataset> = Arc::new(ToyDataset::new(Toy::Moons, 50, 0));
    assert_contains(&message(WithoutClasses::new(moons, &[0, 1])), &["all held back"]);
    let board = Arc::new(ToyDataset::new(Toy::Checkerboard, 50, 0));
    assert_contains(&message(WithoutClasses::new(board, &[0])), &["data with classes"]);
}
