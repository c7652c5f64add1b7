use std::collections::BTreeMap;

use candle_core::Tensor;

use crate::{Parameters, Result};

/// The gradients of one scalar for the parameters of one network, by name.
#[derive(Clone, Debug)]
pub struct Gradients {
    entries: BTreeMap<String, Tensor>,
}

impl Gradients {
    /// Gradients of the scalar `loss`; a parameter it does not depend on gets zeros.
    pub fn of(loss: &Tensor, parameters: &Parameters) -> Result<Self> {
        let store = loss.backward()?;
        let mut entries = BTreeMap::new();
        for (name, var) in parameters.iter() {
            let g = match store.get(var) {
                Some(g) => g.clone(),
                None => var.zeros_like()?,
            };
            entries.insert(name.to_owned(), g);
        }
        Ok(Self { entries })
    }

    /// The gradient of the parameter called `name`.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.entries.get(name)
    }

    /// Names and gradients, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.entries.iter().map(|(n, t)| (n.as_str(), t))
    }

    /// self + other, for accumulation over parts of a batch.
    pub fn add(self, other: &Self) -> Result<Self> {
        let mut entries = self.entries;
        for (name, g) in &mut entries {
            *g = (&*g + &other.entries[name])?;
        }
        Ok(Self { entries })
    }

    /// self * factor.
    pub fn scale(self, factor: f64) -> Result<Self> {
        let mut entries = self.entries;
        for g in entries.values_mut() {
            *g = (&*g * factor)?;
        }
        Ok(Self { entries })
    }

    /// L2 norm over all gradients together, accumulated in f64.
    pub fn norm(&self) -> Result<f64> {
        let mut sum = 0.0;
        for g in self.entries.values() {
            sum += g.sqr()?.sum_all()?.to_dtype(candle_core::DType::F64)?.to_scalar::<f64>()?;
        }
        Ok(sum.sqrt())
    }

    /// Scales all gradients so that their joint norm is at most `max_norm`; returns them and the norm before.
    pub fn clip(self, max_norm: f64) -> Result<(Self, f64)> {
        let norm = self.norm()?;
        let factor = max_norm / (norm + 1e-6);
        Ok((if factor < 1.0 { self.scale(factor)? } else { self }, norm))
    }
}
