use std::collections::BTreeMap;

use candle_core::{DType, Tensor};

use crate::element::Element;
use crate::error::argument;
use crate::names::{Entry, same_names};
use crate::parallel::{map, sum_of_squares};
use crate::storage::cpu_slice;
use crate::{Parameters, Result};

/// The gradients of one scalar for the parameters of one network, by name.
#[derive(Clone, Debug)]
pub struct Gradients {
    entries: BTreeMap<String, Tensor>,
}

impl Gradients {
    /// Gradients of `loss`, one element, for every parameter; one it does not depend on gets zeros.
    ///
    /// Nothing is computed for tensors that no variable feeds. Other networks' *variables* in the
    /// graph do cost their gradients, so freeze a network by building it from
    /// [`Parameters::tensors`].
    pub fn of(loss: &Tensor, parameters: &Parameters) -> Result<Self> {
        if loss.elem_count() != 1 {
            let found = format!("{:?}", loss.dims());
            return Err(argument("Gradients::of", "a loss of one element", found));
        }
        let mut store = loss.backward()?;
        let mut entries = BTreeMap::new();
        for (name, var) in parameters.iter() {
            let gradient = match store.remove(var) {
                // Detached: some of candle's gradients still hold the graph they came from, and
                // second derivatives are not supported.
                Some(gradient) => gradient.contiguous()?.detach(),
                None => Tensor::zeros(var.shape(), var.dtype(), var.device())?,
            };
            entries.insert(name.to_owned(), gradient);
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

    /// self + other, for accumulation over parts of a batch; both of the same parameters.
    #[allow(clippy::should_implement_trait)] // it can fail, which an operator cannot say
    pub fn add(self, other: &Self) -> Result<Self> {
        same_names("adding gradients", self.iter().map(Entry::of), other.iter().map(Entry::of))?;
        let mut entries = self.entries;
        for ((_, sum), (_, gradient)) in entries.iter_mut().zip(other.iter()) {
            *sum = (&*sum + gradient)?;
        }
        Ok(Self { entries })
    }

    /// self * factor.
    pub fn scale(self, factor: f64) -> Result<Self> {
        let mut entries = self.entries;
        for gradient in entries.values_mut() {
            *gradient = match gradient.dtype() {
                DType::F32 => scaled::<f32>(gradient, factor)?,
                DType::F64 => scaled::<f64>(gradient, factor)?,
                _ => (&*gradient * factor)?,
            };
        }
        Ok(Self { entries })
    }

    /// L2 norm over all gradients together, accumulated in f64; the same for any number of threads.
    pub fn norm(&self) -> Result<f64> {
        let mut sum = 0.0;
        for gradient in self.entries.values() {
            sum += match gradient.dtype() {
                DType::F32 => squares::<f32>(gradient)?,
                DType::F64 => squares::<f64>(gradient)?,
                _ => gradient.to_dtype(DType::F64)?.sqr()?.sum_all()?.to_scalar::<f64>()?,
            };
        }
        Ok(sum.sqrt())
    }

    /// Scales all gradients by min(1, max_norm / (norm + 1e-6)), as `clip_grad_norm_` of PyTorch
    /// does; returns them and their norm before.
    ///
    /// A norm that is not finite leaves gradients that are not finite: check what is returned.
    pub fn clip(self, max_norm: f64) -> Result<(Self, f64)> {
        if max_norm.is_nan() || max_norm < 0.0 {
            let expected = "a largest norm of at least 0";
            return Err(argument("Gradients::clip", expected, max_norm.to_string()));
        }
        let norm = self.norm()?;
        let factor = max_norm / (norm + 1e-6);
        Ok((if factor < 1.0 { self.scale(factor)? } else { self }, norm))
    }
}

fn scaled<T: Element>(x: &Tensor, factor: f64) -> Result<Tensor> {
    let factor = T::from_f64(factor);
    let values = {
        let (storage, layout) = x.storage_and_layout();
        map(cpu_slice::<T>(&storage, layout)?, |x| x * factor)
    };
    Ok(Tensor::from_vec(values, x.shape(), x.device())?)
}

fn squares<T: Element>(x: &Tensor) -> Result<f64> {
    let (storage, layout) = x.storage_and_layout();
    Ok(sum_of_squares(cpu_slice::<T>(&storage, layout)?))
}
