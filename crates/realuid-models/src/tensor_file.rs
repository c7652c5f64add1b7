use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use candle_core::safetensors::Load;
use candle_core::{Device, Tensor};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, View};
use serde_json::{Map, Value, json};

use crate::atomic_file::write_atomically;
use crate::{Error, Result};

/// Writes named tensors and text `metadata` to `path` in the safetensors format.
///
/// The same input always gives the same bytes. The file is written beside `path`, synced, then
/// renamed: `path` holds either what it held before or the whole of the new content.
pub fn save_tensors(
    path: impl AsRef<Path>,
    tensors: &BTreeMap<String, Tensor>,
    metadata: &BTreeMap<String, String>,
) -> Result<()> {
    let path = path.as_ref();
    let tensors = in_file_order(tensors)?;
    let header = header(&tensors, metadata);
    write_atomically(path, |file| {
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(header.as_bytes())?;
        tensors.iter().try_for_each(|(_, tensor)| file.write_all(&tensor.data()))
    })
}

/// Reads all tensors of the safetensors file at `path`, in their stored types.
pub fn load_tensors(path: impl AsRef<Path>, device: &Device) -> Result<BTreeMap<String, Tensor>> {
    let path = path.as_ref();
    let bytes = read(path)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(path, &e))?;
    let load = |(name, view): (String, safetensors::tensor::TensorView)| match view.load(device) {
        Ok(tensor) => Ok((name, tensor)),
        Err(e) => Err(reading(path, format!("tensor {name} ({:?}): {e}", view.dtype()))),
    };
    file.tensors().into_iter().map(load).collect()
}

/// Reads the text that [`save_tensors`] stored beside the tensors; empty where there is none.
pub fn load_metadata(path: impl AsRef<Path>) -> Result<BTreeMap<String, String>> {
    let path = path.as_ref();
    let bytes = read(path)?;
    // Whole-file validation first: a header that promises more than the file holds is damage.
    SafeTensors::deserialize(&bytes).map_err(|e| damaged(path, &e))?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(path, &e))?;
    Ok(header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect())
}

/// The tensors on the CPU, wider types first so that each is aligned in the file, then by name.
fn in_file_order(tensors: &BTreeMap<String, Tensor>) -> Result<Vec<(&str, Tensor)>> {
    let mut order = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        order.push((name.as_str(), tensor.to_device(&Device::Cpu)?));
    }
    order.sort_by_key(|(_, tensor)| std::cmp::Reverse(tensor.dtype().size_in_bytes()));
    Ok(order)
}

/// The format's JSON header, padded to a multiple of 8 bytes. Written here because the safetensors
/// crate keeps metadata in a hash map, whose order, and with it the file, changes from run to run.
fn header(tensors: &[(&str, Tensor)], metadata: &BTreeMap<String, String>) -> String {
    let mut entries = Map::new();
    if !metadata.is_empty() {
        entries.insert("__metadata__".into(), json!(metadata));
    }
    let mut start = 0;
    for (name, tensor) in tensors {
        let end = start + tensor.elem_count() * tensor.dtype().size_in_bytes();
        let entry = json!({
            "dtype": Dtype::from(tensor.dtype()),
            "shape": tensor.dims(),
            "data_offsets": [start, end],
        });
        entries.insert((*name).to_owned(), entry);
        start = end;
    }
    let mut header = Value::Object(entries).to_string();
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
    header
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| reading(path, e.to_string()))
}

fn damaged(path: &Path, error: &safetensors::SafeTensorError) -> Error {
    reading(path, format!("not a whole safetensors file, perhaps cut short or damaged ({error})"))
}

fn reading(path: &Path, problem: String) -> Error {
    Error::File { doing: "reading", path: path.to_owned(), problem }
}
