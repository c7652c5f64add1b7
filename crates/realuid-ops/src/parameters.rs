use std::collections::BTreeMap;

use candle_core::{Device, Tensor, Var};

use crate::Result;
use crate::names::{Entry, same_names};

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
            // Detached, because candle would hand back a variable itself instead of a copy.
            entries.insert(name.clone(), Var::from_tensor(&tensor.detach())?);
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

    /// The current values, detached (using them records nothing for the backward pass): they share
    /// storage, so later updates show through them.
    pub fn tensors(&self) -> BTreeMap<String, Tensor> {
        // Detached, because whoever looks at values must not make them part of a graph.
        self.entries.iter().map(|(n, v)| (n.clone(), v.as_tensor().detach())).collect()
    }

    /// Independent parameters with the same names and values.
    pub fn fork(&self) -> Result<Self> {
        Self::from_tensors(&self.tensors())
    }

    /// Zeros with the same names, shapes and dtypes.
    pub(crate) fn zeros(&self) -> Result<Self> {
        let zeros = |var: &Var| Var::zeros(var.shape(), var.dtype(), var.device());
        let entries = self.entries.iter().map(|(name, var)| Ok((name.clone(), zeros(var)?)));
        Ok(Self { entries: entries.collect::<Result<_>>()? })
    }

    /// Overwrites every value in place, from whatever device; names, shapes and dtypes must be the
    /// same.
    ///
    /// When they are not, nothing is written and [`crate::Error::Parameters`] lists every
    /// missing, unexpected and misshapen name.
    pub fn assign(&self, tensors: &BTreeMap<String, Tensor>) -> Result<()> {
        let given = tensors.iter().map(|(name, tensor)| Entry::of((name, tensor)));
        same_names("assigning parameters", self.as_tensors().map(Entry::of), given)?;
        for (name, tensor) in tensors {
            if let Some(var) = self.entries.get(name) {
                // A copy: candle cannot write a variable from a view of itself.
                var.set(&tensor.to_device(var.device())?.force_contiguous()?)?;
            }
        }
        Ok(())
    }

    /// The device of all; the CPU where there are none.
    pub fn device(&self) -> Device {
        self.entries.values().next().map_or(Device::Cpu, |var| var.device().clone())
    }

    /// Names and tensors, sorted by name.
    pub(crate) fn as_tensors(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.entries.iter().map(|(name, var)| (name.as_str(), var.as_tensor()))
    }
}
