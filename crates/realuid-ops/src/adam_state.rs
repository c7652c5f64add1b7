//! Saving an optimiser and going on with it.

use std::collections::BTreeMap;

use candle_core::{Tensor, Var};

use crate::names::{Entry, same_names};
use crate::{Adam, Result};

impl Adam {
    /// A copy of the whole state as named tensors: `first/NAME`, `second/NAME`.
    ///
    /// # Panics
    /// When a GPU has no memory left for the copy.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        self.named().into_iter().map(|(name, var)| (name, copy(var))).collect()
    }

    /// Restores what [`Adam::state`] and [`Adam::step_count`] gave.
    ///
    /// When names, shapes or dtypes differ, nothing is changed and [`crate::Error::Parameters`]
    /// lists every missing, unexpected and misshapen name.
    pub fn restore(&mut self, state: &BTreeMap<String, Tensor>, step: u64) -> Result<()> {
        let own = self.named();
        let expected = own.iter().map(|(name, var)| Entry::of((name, var.as_tensor())));
        let found = state.iter().map(|(name, tensor)| Entry::of((name, tensor)));
        same_names("restoring Adam", expected, found)?;
        for (var, tensor) in own.into_values().zip(state.values()) {
            var.set(&tensor.to_device(var.device())?.force_contiguous()?)?;
        }
        (self.step, self.prepared) = (step, None);
        Ok(())
    }

    /// The moments under the names of [`Adam::state`].
    fn named(&self) -> BTreeMap<String, &Var> {
        let first = self.first.iter().map(|(name, var)| (format!("first/{name}"), var));
        let second = self.second.iter().map(|(name, var)| (format!("second/{name}"), var));
        first.chain(second).collect()
    }
}

fn copy(var: &Var) -> Tensor {
    // Detached: moments are no part of any graph, and neither are their copies.
    var.detach().copy().expect("memory for a copy")
}
