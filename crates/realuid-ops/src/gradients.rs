use std::collections::BTreeMap;
use std::sync::Arc;

use candle_core::{DType, Shape, Tensor};

use crate::element::Element;
use crate::error::argument;
use crate::names::{Entry, same_names};
use crate::parallel::{chunks, own};
use crate::squares::sum_of_squares;
use crate::tape::{Data, collect};
use crate::{Parameters, Result};

/// The gradients of one scalar for the parameters of one network, by name.
#[derive(Clone, Debug)]
pub struct Gradients {
    entries: BTreeMap<String, Gradient>,
}

/// The gradient of one parameter.
#[derive(Clone, Debug)]
pub(crate) struct Gradient {
    shape: Shape,
    pub data: Data,
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
        let (store, mut collected) = collect(|| loss.backward());
        let mut store = store?;
        let mut entries = BTreeMap::new();
        for (name, var) in parameters.iter() {
            let on_tapes = collected.remove(&var.id());
            // Detached: some of candle's gradients still hold the graph they came from, and second
            // derivatives are not supported.
            let elsewhere = store.remove(var).map(|gradient| gradient.detach().contiguous());
            let data = match (on_tapes, elsewhere.transpose()?.map(Data::Tensor)) {
                (Some(a), Some(b)) => a.plus(b.pooled()?)?,
                (Some(data), None) | (None, Some(data)) => data,
                (None, None) => {
                    Data::Tensor(Tensor::zeros(var.shape(), var.dtype(), var.device())?)
                }
            };
            entries.insert(name.to_owned(), Gradient { shape: var.shape().clone(), data });
        }
        Ok(Self { entries })
    }

    /// A copy of the gradient of the parameter called `name`.
    ///
    /// # Panics
    /// When a GPU has no memory left for the copy.
    pub fn get(&self, name: &str) -> Option<Tensor> {
        let Gradient { shape, data } = self.entries.get(name)?;
        Some(data.clone().into_tensor(shape).expect("memory for a copy in its parameter's shape"))
    }

    /// Names and gradients, sorted by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Gradient)> {
        self.entries.iter().map(|(n, t)| (n.as_str(), t))
    }

    /// All gradients, sorted by name.
    fn data(&self) -> impl Iterator<Item = &Data> {
        self.entries.values().map(|gradient| &gradient.data)
    }

    #[cfg(feature = "cuda")]
    fn is_on_device(&self) -> bool {
        self.data().next().is_some_and(Data::is_on_device)
    }

    /// The same names and shapes with what `operation` makes of all gradients.
    #[cfg(feature = "cuda")]
    fn replaced(self, operation: impl FnOnce(Vec<Data>) -> Result<Vec<Data>>) -> Result<Self> {
        let (names, gradients): (Vec<_>, Vec<_>) = self.entries.into_iter().unzip();
        let (shapes, data): (Vec<_>, _) = gradients.into_iter().map(|g| (g.shape, g.data)).unzip();
        let gradients = shapes.into_iter().zip(operation(data)?);
        let gradients = gradients.map(|(shape, data)| Gradient { shape, data });
        Ok(Self { entries: names.into_iter().zip(gradients).collect() })
    }

    /// self + other, for accumulation over parts of a batch; both of the same parameters.
    #[allow(clippy::should_implement_trait)] // it can fail, which an operator cannot say
    pub fn add(self, other: &Self) -> Result<Self> {
        let [own, given] = [&self, other].map(|gradients| gradients.iter().map(Gradient::entry));
        same_names("adding gradients", own, given)?;
        #[cfg(feature = "cuda")]
        if self.is_on_device() {
            let others: Vec<_> = other.data().collect();
            return self.replaced(|own| crate::cuda::add(own, &others));
        }
        let pairs = self.entries.into_iter().zip(other.entries.values());
        let sum = |((name, own), given): ((String, Gradient), &Gradient)| {
            let data = own.data.pooled()?.plus(given.data.clone().pooled()?)?;
            Ok((name, Gradient { data, ..own }))
        };
        Ok(Self { entries: pairs.map(sum).collect::<Result<_>>()? })
    }

    /// self * factor.
    pub fn scale(self, factor: f64) -> Result<Self> {
        #[cfg(feature = "cuda")]
        if self.is_on_device() {
            return self.replaced(|own| crate::cuda::scale(own, factor));
        }
        let scale = |(name, gradient): (String, Gradient)| {
            let data = gradient.data.pooled()?;
            let data = match data.dtype() {
                DType::F32 => scaled::<f32>(data, factor),
                _ => scaled::<f64>(data, factor),
            };
            Ok((name, Gradient { data, ..gradient }))
        };
        Ok(Self { entries: self.entries.into_iter().map(scale).collect::<Result<_>>()? })
    }

    /// L2 norm over all gradients together, accumulated in f64; the same for any number of threads.
    /// Waits for a GPU that gradients are on.
    pub fn norm(&self) -> Result<f64> {
        #[cfg(feature = "cuda")]
        if self.is_on_device() {
            return crate::cuda::norm(&self.data().collect::<Vec<_>>());
        }
        Ok(sum_of_squares(self.data())?.sqrt())
    }

    /// Scales all gradients by min(1, max_norm / (norm + 1e-6)), as `clip_grad_norm_` of PyTorch
    /// does; returns them and their norm before.
    ///
    /// A norm that is not finite leaves gradients that are not finite: check what is returned. Waits
    /// for a GPU, as [`Gradients::norm`] does.
    pub fn clip(self, max_norm: f64) -> Result<(Self, f64)> {
        check_max_norm("Gradients::clip", max_norm)?;
        let norm = self.norm()?;
        let factor = clip_factor(max_norm, norm);
        Ok((if factor < 1.0 { self.scale(factor)? } else { self }, norm))
    }
}

/// Fails unless `max_norm` is at least 0.
pub(crate) fn check_max_norm(operation: &'static str, max_norm: f64) -> Result<()> {
    if max_norm >= 0.0 {
        return Ok(());
    }
    Err(argument(operation, "a largest norm of at least 0", max_norm.to_string()))
}

/// What gradients of norm `norm` are multiplied by so that it becomes `max_norm` at most.
pub(crate) fn clip_factor(max_norm: f64, norm: f64) -> f64 {
    max_norm / (norm + 1e-6)
}

fn scaled<T: Element>(data: Data, factor: f64) -> Data {
    const CHUNK: usize = 1 << 14;
    let factor = T::from_f64(factor);
    let mut values = own(T::into_buffer(data).expect("a buffer of this dtype"));
    chunks(&mut values, CHUNK, CHUNK, |_, values| values.iter_mut().for_each(|x| *x *= factor));
    T::data(Arc::new(values))
}

impl Gradient {
    /// How it is described in messages.
    pub fn entry<'a>((name, gradient): (&'a str, &'a Self)) -> Entry<'a> {
        Entry { name, shape: &gradient.shape, dtype: gradient.data.dtype() }
    }
}
