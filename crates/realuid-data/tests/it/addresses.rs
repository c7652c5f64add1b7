use realuid_data::{Toy, ToyDataset, open};

use crate::{all_values, assert_contains, message};

#[test]
fn an_unknown_scheme_lists_the_known_ones() {
    for uri in ["mnist:x", "", ":", "digit"] {
        let text = message(open(uri));
        assert_contains(
            &text,
            &["unknown scheme", "digits", "toy:", "idx:", "cifar10:", "folder:"],
        );
    }
}

#[test]
fn unknown_parameters_and_values_list_what_is_known() {
    let expected: [(&str, &[&str]); 10] = [
        ("digits?size=3", &["`size`", "without for `digits`"]),
        ("digits:all", &["`all`", "`digits` alone"]),
        ("toy:moon", &["`moon`", "8-gaussians", "moons", "checkerboard", "spiral", "pinwheel"]),
        ("toy:moons?length=3", &["`length`", "len or seed"]),
        ("toy:moons?len=many", &["`len=many`", "number", "len=1000"]),
        ("toy:moons?len", &["`len` has no value"]),
        ("toy:moons?len=1&len=2", &["given twice"]),
        ("cifar10:x?split=valid", &["`valid`", "train or test"]),
        ("folder:x?channels=4", &["channels=4", "1 or 3"]),
        ("idx:", &["no path", "idx:IMAGES"]),
    ];
    for (uri, parts) in expected {
        let text = message(open(uri));
        assert_contains(&text, parts);
        assert_contains(&text, &[uri]);
    }
}

#[test]
fn a_toy_takes_its_length_and_seed_from_the_address() {
    let opened = open("toy:spiral?seed=9&len=12").unwrap();
    assert_eq!(all_values(opened.as_ref()), all_values(&ToyDataset::new(Toy::Spiral, 12, 9)));
    assert_eq!(open("toy:spiral").unwrap().len(), 100_000);
}

#[test]
fn missing_files_are_named() {
    for uri in ["idx:/no/such/file", "cifar10:/no/such/file", "folder:/no/such/file?size=8"] {
        assert_contains(&message(open(uri)), &["reading /no/such/file"]);
    }
}
