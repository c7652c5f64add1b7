use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use candle_core::Device;
use realuid_ops::Parameters;

use crate::atomic_file::write_atomically;
use crate::{Error, NetworkConfig, Result, load_tensors, save_tensors};

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";

/// Writes a network into `folder`, made if need be: `config.json` and `model.safetensors`.
///
/// Refuses parameters that are not those of the configuration.
pub fn save_model(
    folder: impl AsRef<Path>,
    config: &NetworkConfig,
    parameters: &Parameters,
) -> Result<()> {
    let folder = folder.as_ref();
    config.build_frozen(parameters)?;
    std::fs::create_dir_all(folder).map_err(|e| file_error("making", folder, &e))?;
    save_tensors(folder.join(WEIGHTS), &parameters.tensors(), &BTreeMap::new())?;
    let path = folder.join(CONFIG);
    let mut text =
        serde_json::to_string_pretty(config).map_err(|e| file_error("writing", &path, &e))?;
    text.push('\n');
    write_atomically(&path, |file| file.write_all(text.as_bytes()))
}

/// Reads what [`save_model`] wrote; strict: every parameter of the configuration, and no other.
pub fn load_model(
    folder: impl AsRef<Path>,
    device: &Device,
) -> Result<(NetworkConfig, Parameters)> {
    let folder = folder.as_ref();
    let path = folder.join(CONFIG);
    let text = std::fs::read_to_string(&path).map_err(|e| file_error("reading", &path, &e))?;
    let config: NetworkConfig =
        serde_json::from_str(&text).map_err(|e| file_error("reading", &path, &e))?;
    let parameters = Parameters::from_tensors(&load_tensors(folder.join(WEIGHTS), device)?)?;
    config.build_frozen(&parameters)?;
    Ok((config, parameters))
}

fn file_error(doing: &'static str, path: &Path, problem: &dyn std::error::Error) -> Error {
    Error::File { doing, path: path.to_owned(), problem: problem.to_string() }
}
