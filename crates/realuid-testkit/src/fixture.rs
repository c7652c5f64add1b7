use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Error, Result};

/// One golden fixture: a folder with `fixture.json` and, where it has tensors, `tensors.safetensors`.
pub struct Fixture {
    /// The folder.
    pub folder: PathBuf,
    /// The folder relative to the root that was searched, with `/` between its parts.
    pub name: String,
    /// The whole of `fixture.json`.
    pub description: Value,
    tensors: HashMap<String, Tensor>,
}

/// Every folder at any depth below `root` that holds a `fixture.json`, sorted by name.
pub fn find_fixtures(root: &Path) -> Result<Vec<Fixture>> {
    fixture_folders(root)?.iter().map(|folder| Fixture::open(root, folder)).collect()
}

/// The folders that [`find_fixtures`] opens, for a caller that opens them one by one.
pub fn fixture_folders(root: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    collect_folders(root, &mut folders)?;
    folders.sort();
    Ok(folders)
}

impl Fixture {
    /// Reads the fixture in `folder`; its name is taken relative to `root`.
    pub fn open(root: &Path, folder: &Path) -> Result<Self> {
        let file = folder.join("fixture.json");
        let text = std::fs::read_to_string(&file).map_err(|e| io(&file, e))?;
        let description: Value = serde_json::from_str(&text).map_err(|e| Error::Format {
            path: file.clone(),
            expected: "JSON".into(),
            found: e.to_string(),
        })?;
        let tensor_file = folder.join("tensors.safetensors");
        let tensors = if tensor_file.exists() {
            candle_core::safetensors::load(&tensor_file, &Device::Cpu)?
        } else {
            HashMap::new()
        };
        let relative = folder.strip_prefix(root).unwrap_or(folder);
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        Ok(Self { folder: folder.to_owned(), name: parts.join("/"), description, tensors })
    }

    /// The same with its tensors on `device`.
    pub fn on(mut self, device: &Device) -> Result<Self> {
        for tensor in self.tensors.values_mut() {
            *tensor = tensor.to_device(device)?;
        }
        Ok(self)
    }

    /// The description read as `T`; fields that `T` does not name are ignored.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.description.clone()).map_err(|e| Error::Format {
            path: self.folder.join("fixture.json"),
            expected: std::any::type_name::<T>().into(),
            found: e.to_string(),
        })
    }

    /// The kind of computation it fixes: `losses`, `paths`, `network`, ...
    pub fn kind(&self) -> &str {
        self.description["kind"].as_str().unwrap_or("")
    }

    /// The stored tensor called `name`, in its stored dtype.
    pub fn tensor(&self, name: &str) -> Result<&Tensor> {
        self.tensors.get(name).ok_or_else(|| Error::Format {
            path: self.folder.join("tensors.safetensors"),
            expected: format!("a tensor {name:?}"),
            found: format!("{:?}", self.tensor_names()),
        })
    }

    /// Names of the stored tensors, sorted.
    pub fn tensor_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.tensors.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}

fn collect_folders(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    if folder.join("fixture.json").is_file() {
        found.push(folder.to_owned());
    }
    for entry in std::fs::read_dir(folder).map_err(|e| io(folder, e))? {
        let path = entry.map_err(|e| io(folder, e))?.path();
        if path.is_dir() {
            collect_folders(&path, found)?;
        }
    }
    Ok(())
}

fn io(path: &Path, source: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), source }
}
