use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use realuid_ops::{Parameters, RandomStream};

use crate::name_hash::name_hash;
use crate::scope::{Init, TensorSource};
use crate::{Error, Result};

/// Draws initial values, each tensor from the child stream of its name: the values of one tensor
/// do not depend on which others exist or in which order they are made.
pub(crate) struct Initialiser<'a> {
    stream: &'a RandomStream,
    device: &'a Device,
    tensors: BTreeMap<String, Tensor>,
}

impl<'a> Initialiser<'a> {
    pub fn new(stream: &'a RandomStream, device: &'a Device) -> Self {
        Self { stream, device, tensors: BTreeMap::new() }
    }

    pub fn finish(self) -> Result<Parameters> {
        Ok(Parameters::from_tensors(&self.tensors)?)
    }
}

impl TensorSource for Initialiser<'_> {
    fn tensor(&mut self, name: &str, shape: &[usize], init: Init) -> Result<Tensor> {
        let stream = self.stream.child(name_hash(name));
        let tensor = match init {
            Init::Zeros => Tensor::zeros(shape, DType::F32, self.device)?,
            Init::Ones => Tensor::ones(shape, DType::F32, self.device)?,
            Init::Normal => stream.normal(shape, DType::F32, self.device)?,
            Init::FanInNormal(fan_in) => {
                let deviation = (fan_in as f64).sqrt().recip();
                (stream.normal(shape, DType::F32, self.device)? * deviation)?
            }
            Init::FanIn(fan_in) => {
                let bound = (fan_in as f64).sqrt().recip();
                stream.uniform(shape, DType::F32, self.device)?.affine(2.0 * bound, -bound)?
            }
        };
        self.tensors.insert(name.to_owned(), tensor.clone());
        Ok(tensor)
    }
}

/// Hands out given tensors by name and collects whatever does not fit.
pub(crate) struct StrictLoader {
    remaining: BTreeMap<String, Tensor>,
    dtype: Option<DType>,
    problems: Vec<String>,
}

impl StrictLoader {
    pub fn new(tensors: BTreeMap<String, Tensor>) -> Self {
        let dtype = tensors.values().next().map(Tensor::dtype);
        Self { remaining: tensors, dtype, problems: Vec::new() }
    }

    /// An error that lists every problem met, and every tensor that nobody asked for.
    pub fn finish(mut self) -> Result<()> {
        for (name, tensor) in &self.remaining {
            self.problems.push(format!("  unexpected {name} {:?}", tensor.dims()));
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(Error::Parameters { count: self.problems.len(), list: self.problems.join("\n") })
    }

    fn problem_with(&self, tensor: &Tensor, name: &str, shape: &[usize]) -> Option<String> {
        if tensor.dims() != shape {
            return Some(format!(
                "  misshapen {name}: expected {shape:?}, found {:?}",
                tensor.dims()
            ));
        }
        if !matches!(tensor.dtype(), DType::F32 | DType::F64) || Some(tensor.dtype()) != self.dtype
        {
            return Some(format!(
                "  mistyped {name}: expected f32 or f64, the same in all tensors, found {:?}",
                tensor.dtype()
            ));
        }
        None
    }
}

impl TensorSource for StrictLoader {
    fn tensor(&mut self, name: &str, shape: &[usize], _init: Init) -> Result<Tensor> {
        let Some(tensor) = self.remaining.remove(name) else {
            self.problems.push(format!("  missing {name} {shape:?}"));
            return placeholder(shape);
        };
        let Some(problem) = self.problem_with(&tensor, name, shape) else {
            return Ok(tensor);
        };
        self.problems.push(problem);
        placeholder(shape)
    }
}

/// Notes names and shapes; holds no values.
#[derive(Default)]
pub(crate) struct ShapeRecorder {
    shapes: BTreeMap<String, Vec<usize>>,
}

impl ShapeRecorder {
    pub fn finish(self) -> BTreeMap<String, Vec<usize>> {
        self.shapes
    }
}

impl TensorSource for ShapeRecorder {
    fn tensor(&mut self, name: &str, shape: &[usize], _init: Init) -> Result<Tensor> {
        self.shapes.insert(name.to_owned(), shape.to_vec());
        placeholder(shape)
    }
}

/// A tensor of the right shape that takes no memory, so that construction can go on.
fn placeholder(shape: &[usize]) -> Result<Tensor> {
    Ok(Tensor::zeros((), DType::F32, &Device::Cpu)?.broadcast_as(shape)?)
}
