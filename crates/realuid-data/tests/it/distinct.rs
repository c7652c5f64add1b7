use realuid_data::{ByteImages, Toy, ToyDataset, digits, distinct_examples};

use crate::{assert_contains, message};

/// Which of 200 one-pixel images were chosen.
fn chosen(count: usize, seed: u64) -> Vec<u32> {
    let numbered: Vec<u8> = (0..200).collect();
    let images = ByteImages::new([1, 1, 1], numbered.clone(), Some(numbered)).unwrap();
    let batch = distinct_examples(&images, count, seed).unwrap();
    batch.classes.unwrap().to_vec1().unwrap()
}

#[test]
fn examples_are_distinct_seeded_and_spread() {
    let first = chosen(50, 1);
    assert_eq!(first.len(), 50);
    assert!(first.windows(2).all(|pair| pair[0] < pair[1]), "distinct, in order of index");
    assert_eq!(first, chosen(50, 1));
    assert_ne!(first, chosen(50, 2));
    assert!(first[0] < 60 && first[49] > 140, "not from one end: {first:?}");
    let touched: std::collections::HashSet<u32> = (0..40).flat_map(|s| chosen(50, s)).collect();
    assert_eq!(touched.len(), 200, "every example can be chosen");
}

#[test]
fn all_examples_come_when_there_are_no_more() {
    let everything: Vec<u32> = (0..200).collect();
    assert_eq!(chosen(200, 3), everything);
    assert_eq!(chosen(usize::MAX, 3), everything);
    let batch = distinct_examples(&digits().unwrap(), 5000, 0).unwrap();
    assert_eq!(batch.data.dims(), [1797, 1, 8, 8]);
}

#[test]
fn nothing_to_choose_is_an_error() {
    let toy = |len| ToyDataset::new(Toy::Moons, len, 0);
    assert_contains(&message(distinct_examples(&toy(5), 0, 0)), &["at least 1"]);
    assert_contains(&message(distinct_examples(&toy(0), 5, 0)), &["at least one example"]);
    assert!(distinct_examples(&toy(5), 3, 0).unwrap().data.dims() == [3, 2]);
}
