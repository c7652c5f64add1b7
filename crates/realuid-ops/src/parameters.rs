use std::collections::BTreeMap;

use candle_core::{Tensor, Var};

use crate::Result;

/// The named trainable tensors of one network, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    entries: BTreeMap<String, Var>,
}

impl Parameters {
    /// Makes a variable of every tensor (its values are copied).
    pub fn from_tensors(tensors: &BTreeMap<String, Tensor>) -> Result<Self> {
        let mut entries = BTreeMap::new();
        for (name, tensor) in tensors {
            entries.insert(name.clone(), Var::from_tensor(&tensor.copy()?)?);
        }
        Ok(Self { entries })
    }

    /// The variable called `name`.
    pub fn get(&self, name: &str) -> Option<&Var> {
        self.entries.get(name)
    }

    /// Names and variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.entries.iter().map(|(name, var)| (name.as_str(), var))
    }

    /// Number of tensors.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of scalars in all tensors together.
    pub fn element_count(&self) -> usize {
        self.entries.values().map(|v| v.elem_count()).sum()
    }

    /// The current values, detached: they share storage, so later updates show through them.
    pub fn tensors(&self) -> BTreeMap<String, Tensor> {
        self.entries.iter().map(|(n, v)| (n.clone(), v.as_tensor().detach())).collect()
    }

    /// Independent parameters with the same names and values.
    pub fn fork(&self) -> Result<Self> {
        Self::from_tensors(&self.tensors())
    }

    /// Overwrites every value in place; names and shapes must be the same.
    pub fn assign(&self, tensors: &BTreeMap<String, Tensor>) -> Result<()> {
        for (name, var) in &self.entries {
            var.set(&tensors[name])?;
        }
        Ok(())
    }
}
