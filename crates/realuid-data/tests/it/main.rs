//! The tests of this crate's public interface, in one binary.

mod addresses;
mod cifar10_binary;
#[cfg(feature = "parquet")]
mod cifar10_parquet;
mod corruptions;
mod digits;
mod distinct;
mod idx;
#[cfg(feature = "images")]
mod image_folder;
mod loader;
mod loader_errors;
mod pairs;
mod subpopulations;
mod toys;

use realuid_data::Dataset;

/// The message of an error, or a panic if there is none.
fn message<T>(result: realuid_data::Result<T>) -> String {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(error) => error.to_string(),
    }
}

/// Asserts that `text` contains each of `parts`.
fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in `{text}`");
    }
}

/// Every example's values.
fn all_values(dataset: &dyn Dataset) -> Vec<Vec<f32>> {
    (0..dataset.len()).map(|i| dataset.get(i).unwrap().values).collect()
}

/// A pixel as the sample holds it.
fn scaled(byte: u8) -> f32 {
    f32::from(byte) / 127.5 - 1.0
}
