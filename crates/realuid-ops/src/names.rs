use std::collections::BTreeMap;

use candle_core::{DType, Shape, Tensor};

use crate::{Error, Result};

/// What a named tensor looks like.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub name: &'a str,
    pub shape: &'a Shape,
    pub dtype: DType,
}

impl<'a> Entry<'a> {
    pub fn of((name, tensor): (&'a str, &'a Tensor)) -> Self {
        Self { name, shape: tensor.shape(), dtype: tensor.dtype() }
    }

    fn describe(&self) -> String {
        format!("{:?} {:?}", self.shape.dims(), self.dtype)
    }
}

/// Checks that `found` has exactly the names of `expected`, with their shapes and dtypes.
///
/// The error lists every missing, unexpected and differing tensor.
pub(crate) fn same_names<'a>(
    operation: &'static str,
    expected: impl Iterator<Item = Entry<'a>>,
    found: impl Iterator<Item = Entry<'a>>,
) -> Result<()> {
    let mut found: BTreeMap<_, _> = found.map(|entry| (entry.name, entry)).collect();
    let (mut missing, mut differing) = (Vec::new(), Vec::new());
    for expected in expected {
        match found.remove(expected.name) {
            None => missing.push(expected.name.to_owned()),
            Some(found) if found.shape != expected.shape || found.dtype != expected.dtype => {
                let (name, wanted) = (expected.name, expected.describe());
                differing.push(format!("{name} (expected {wanted}, found {})", found.describe()));
            }
            Some(_) => {}
        }
    }
    let unexpected: Vec<String> = found.into_keys().map(str::to_owned).collect();
    let problems: Vec<String> = [
        ("missing", missing),
        ("unexpected", unexpected),
        ("of another shape or dtype", differing),
    ]
    .into_iter()
    .filter(|(_, names)| !names.is_empty())
    .map(|(kind, names)| format!("{kind}: {}", names.join(", ")))
    .collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::Parameters { operation, problems: problems.join("; ") })
}
