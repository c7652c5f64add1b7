use candle_core::Tensor;

use crate::Result;

/// A place in the tree of parameter names, and the source that the tensors below it come from.
///
/// An architecture is written once, as the requests it makes to a scope: whether it is being
/// initialised, loaded or only measured is up to the [`TensorSource`] behind it.
pub(crate) struct Scope<'a> {
    source: &'a mut dyn TensorSource,
    path: String,
}

/// Where the parameters of a network under construction come from.
pub(crate) trait TensorSource {
    /// The tensor called `name`. The caller stores it and computes nothing with it while building.
    fn tensor(&mut self, name: &str, shape: &[usize], init: Init) -> Result<Tensor>;
}

/// Distribution of a parameter's initial values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Init {
    /// All zero.
    Zeros,
    /// All one.
    Ones,
    /// Uniform within 1/sqrt(fan-in) of zero: PyTorch's default for linear maps and convolutions.
    FanIn(usize),
    /// Normal with variance 1/fan-in.
    FanInNormal(usize),
    /// Standard normal.
    Normal,
}

impl<'a> Scope<'a> {
    /// The root of the names.
    pub fn root(source: &'a mut dyn TensorSource) -> Self {
        Self { source, path: String::new() }
    }

    /// The place called `name` below this one.
    pub fn at(&mut self, name: impl std::fmt::Display) -> Scope<'_> {
        let path = self.name(name);
        Scope { source: self.source, path }
    }

    /// The tensor called `name` here.
    pub fn tensor(&mut self, name: &str, shape: &[usize], init: Init) -> Result<Tensor> {
        let name = self.name(name);
        self.source.tensor(&name, shape, init)
    }

    /// Full name of this place.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn name(&self, name: impl std::fmt::Display) -> String {
        if self.path.is_empty() { name.to_string() } else { format!("{}.{name}", self.path) }
    }
}
