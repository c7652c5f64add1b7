//! Files of measurements: JSON, of which a person can compare two line by line.

use std::path::Path;

use anyhow::{Context, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The result in the file `path`, whose format must be `format`.
pub fn load<T: DeserializeOwned>(
    path: &Path,
    format: u32,
    found: impl FnOnce(&T) -> u32,
) -> anyhow::Result<T> {
    let doing = || format!("reading the result {}", path.display());
    let text = std::fs::read_to_string(path).with_context(doing)?;
    let result: T = serde_json::from_str(&text).with_context(doing)?;
    let found = found(&result);
    ensure!(found == format, "{}: expected format {format}, found {found}", path.display());
    Ok(result)
}

/// Writes `text` into the file `path`, whose folder is made where there is none.
pub fn save(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(path, text)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

/// `all` as the inside of a list, a line each.
pub fn lines<T: Serialize>(all: &[T]) -> serde_json::Result<String> {
    let lines: Result<Vec<_>, _> = all.iter().map(serde_json::to_string).collect();
    Ok(lines?.join(",\n"))
}
