use realuid_data::{Dataset, digits, open};

use crate::scaled;

#[test]
fn the_first_digit_is_the_published_one() {
    let digits = digits().unwrap();
    assert_eq!(digits.len(), 1797);
    let sample = digits.get(0).unwrap();
    assert_eq!((sample.shape.as_slice(), sample.class), ([1, 8, 8].as_slice(), Some(0)));
    // The published values, 0..16.
    #[rustfmt::skip]
    let published: [u8; 64] = [
        0, 0, 5, 13, 9, 1, 0, 0,      0, 0, 13, 15, 10, 15, 5, 0,
        0, 3, 15, 2, 0, 11, 8, 0,     0, 4, 12, 0, 0, 8, 8, 0,
        0, 5, 8, 0, 0, 9, 8, 0,       0, 4, 11, 0, 1, 12, 7, 0,
        0, 2, 14, 5, 10, 12, 0, 0,    0, 0, 6, 13, 10, 0, 0, 0,
    ];
    for (value, published) in sample.values.iter().zip(published) {
        let sixteenths = (value + 1.0) / 2.0 * 16.0;
        assert!((sixteenths - f32::from(published)).abs() < 0.04, "{sixteenths} for {published}");
    }
    assert_eq!(sample.values[2..6], [80, 207, 143, 16].map(scaled));
}

#[test]
fn each_class_has_as_many_digits_as_published() {
    let digits = open("digits").unwrap();
    let mut counts = [0; 10];
    for i in 0..digits.len() {
        let sample = digits.get(i).unwrap();
        assert!(sample.values.iter().all(|value| (-1.0..=1.0).contains(value)));
        counts[sample.class.unwrap() as usize] += 1;
    }
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    assert_eq!(digits.class_count(), Some(10));
    assert!(digits.get(1797).is_err());
}
