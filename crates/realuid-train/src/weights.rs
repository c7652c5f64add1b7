//! The weights of a model folder: one safetensors file for each set, `config.json` for the network.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use realuid_models::{NetworkConfig, load_tensors, save_tensors};
use realuid_ops::Parameters;

use crate::{Error, Result, files};

/// The trained weights themselves, as opposed to an average of them.
pub const MODEL: &str = "model";

/// Name of the average with this decay, such as `ema-0.999`.
pub fn ema_name(decay: f64) -> String {
    format!("ema-{decay}")
}

/// Writes the set called `name` into `folder`.
pub fn save(folder: &Path, name: &str, tensors: &BTreeMap<String, Tensor>) -> Result<()> {
    Ok(save_tensors(file(folder, name), tensors, &BTreeMap::new())?)
}

/// Reads the set called `name` from `folder`.
pub fn load(folder: &Path, name: &str, device: &Device) -> Result<BTreeMap<String, Tensor>> {
    let path = file(folder, name);
    if path.is_file() {
        return Ok(load_tensors(&path, device)?);
    }
    Err(Error::Folder {
        path: folder.to_owned(),
        expected: format!("weights called {name:?}"),
        found: names(folder)?.join(", "),
        advice: "choose one of those".into(),
    })
}

/// Reads the set called `name` from `folder` as the parameters of the network `config`, strictly.
pub fn load_parameters(
    folder: &Path,
    name: &str,
    config: &NetworkConfig,
    device: &Device,
) -> Result<Parameters> {
    let parameters = Parameters::from_tensors(&load(folder, name, device)?)?;
    config.build_frozen(&parameters)?;
    Ok(parameters)
}

/// Names of the sets in `folder`, sorted.
pub fn names(folder: &Path) -> Result<Vec<String>> {
    let stem = |path: PathBuf| -> Option<String> {
        (path.extension()? == "safetensors").then_some(path.file_stem()?.to_str()?.to_owned())
    };
    Ok(files::entries(folder)?.into_iter().filter_map(stem).collect())
}

/// Writes the network's configuration into `folder`.
pub fn save_config(folder: &Path, config: &NetworkConfig) -> Result<()> {
    files::replace(&config_file(folder), files::to_json(config).as_bytes())
}

/// Reads the network's configuration from `folder`.
pub fn load_config(folder: &Path) -> Result<NetworkConfig> {
    files::read_json(&config_file(folder))
}

fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.safetensors"))
}

fn config_file(folder: &Path) -> PathBuf {
    folder.join("config.json")
}
