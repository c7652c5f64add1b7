use std::sync::Arc;

use candle_core::{DType, Shape};

use super::backward::{Applied, Nodes, Record};
use super::{Data, Value};
use crate::Result;
use crate::buffer::Buffer;
use crate::element::Element;
use crate::error::argument;

/// A differentiable operation on N tensors of one floating-point type, written on slices, once for
/// f32 and f64. Shapes live in the kernel; an input that is absent is an empty slice.
pub(crate) trait Kernel<const N: usize>: OnGpu<N> + Send + 'static {
    /// The public function's name, for messages.
    const NAME: &'static str;
    /// Which inputs the backward pass reads; the others are freed after the forward pass.
    const KEEPS: [bool; N];
    /// Whether the backward pass reads the result.
    const KEEPS_OUTPUT: bool = false;
    /// Shape of the result.
    fn output(&self) -> Shape;
    /// Writes the result, row-major, over whatever is in `out`.
    fn forward<T: Element>(&self, inputs: [&[T]; N], out: &mut [T]);
    /// The gradient of every wanted input.
    fn backward<T: Element>(&self, pass: Backward<'_, T, N>) -> [Option<Arc<Buffer<T>>>; N];
}

/// That a kernel also runs on GPUs, where they are compiled in.
#[cfg(feature = "cuda")]
pub(crate) use crate::cuda::CudaKernel as OnGpu;

/// That a kernel also runs on GPUs, where they are compiled in.
#[cfg(not(feature = "cuda"))]
pub(crate) trait OnGpu<const N: usize> {}

#[cfg(not(feature = "cuda"))]
impl<K, const N: usize> OnGpu<N> for K {}

/// What a backward pass is given; all slices row-major.
pub(crate) struct Backward<'a, T: Element, const N: usize> {
    /// The inputs of the forward pass that the kernel keeps; empty slices for the others.
    pub inputs: [&'a [T]; N],
    /// The result of the forward pass if the kernel keeps it, or else nothing.
    pub output: &'a [T],
    /// Gradient of the result.
    pub gradient: Arc<Buffer<T>>,
    /// Whether anything trainable is upstream of each input: if not, its gradient is never used.
    pub wanted: [bool; N],
}

/// The result of `kernel`; all inputs present are values of one tape and one dtype.
pub(crate) fn apply<K: Kernel<N>, const N: usize>(
    kernel: K,
    inputs: [Option<&Value>; N],
) -> Result<Value> {
    let first = inputs.iter().flatten().next().expect("an operation has an input");
    #[cfg(feature = "cuda")]
    if first.data().is_on_device() {
        return crate::cuda::apply(kernel, inputs);
    }
    check::<K, N>(inputs, first)?;
    let data = match first.dtype() {
        DType::F32 => forward::<f32, K, N>(&kernel, inputs)?,
        _ => forward::<f64, K, N>(&kernel, inputs)?,
    };
    let shape = kernel.output();
    let nodes = inputs.map(|input| input.and_then(Value::node));
    if nodes.iter().all(Option::is_none) {
        return Ok(Value::new(first.tape(), shape, data, None));
    }
    let mut kept = inputs.map(|input| input.map(|input| input.data().clone()));
    for (kept, keeps) in kept.iter_mut().zip(K::KEEPS) {
        if !keeps {
            *kept = None;
        }
    }
    let output = K::KEEPS_OUTPUT.then(|| data.clone());
    let operation = Box::new(Application { kernel, kept, output, nodes });
    let node = first.tape().record(|output| Record { output, operation })?;
    Ok(Value::new(first.tape(), shape, data, Some(node)))
}

fn check<K: Kernel<N>, const N: usize>(inputs: [Option<&Value>; N], first: &Value) -> Result<()> {
    for input in inputs.iter().flatten() {
        if input.dtype() != first.dtype() {
            let found = format!("{:?} and {:?}", first.dtype(), input.dtype());
            return Err(argument(K::NAME, "tensors all of dtype F32 or all F64", found));
        }
        if !input.belongs_to(first.tape()) {
            return Err(argument(K::NAME, "values of one tape", "values of two"));
        }
    }
    Ok(())
}

fn forward<T: Element, K: Kernel<N>, const N: usize>(
    kernel: &K,
    inputs: [Option<&Value>; N],
) -> Result<Data> {
    let elements = inputs.map(|input| input.map(|input| input.data().read::<T>()));
    let mut slices: [&[T]; N] = [&[]; N];
    for (slice, elements) in slices.iter_mut().zip(&elements) {
        if let Some(elements) = elements {
            *slice = elements.slice()?;
        }
    }
    let mut out = Buffer::stale(kernel.output().elem_count());
    kernel.forward(slices, &mut out);
    Ok(T::data(Arc::new(out)))
}

/// A kernel after its forward pass.
struct Application<K, const N: usize> {
    kernel: K,
    kept: [Option<Data>; N],
    output: Option<Data>,
    nodes: [Option<usize>; N],
}

impl<K: Kernel<N>, const N: usize> Applied for Application<K, N> {
    fn backward(&self, gradient: Data, nodes: &mut Nodes) -> Result<()> {
        match gradient.dtype() {
            DType::F32 => self.differentiate::<f32>(gradient, nodes),
            _ => self.differentiate::<f64>(gradient, nodes),
        }
    }
}

impl<K: Kernel<N>, const N: usize> Application<K, N> {
    fn differentiate<T: Element>(&self, gradient: Data, nodes: &mut Nodes) -> Result<()> {
        let elements = self.kept.each_ref().map(|kept| kept.as_ref().map(Data::read::<T>));
        let mut inputs: [&[T]; N] = [&[]; N];
        for (slice, elements) in inputs.iter_mut().zip(&elements) {
            if let Some(elements) = elements {
                *slice = elements.slice()?;
            }
        }
        let output = match &self.output {
            Some(output) => T::buffer(output).expect("a result of one dtype"),
            None => &[][..],
        };
        let gradient = T::into_buffer(gradient).expect("gradients are buffers of one dtype");
        let wanted = self.nodes.map(|node| node.is_some());
        let results = self.kernel.backward(Backward { inputs, output, gradient, wanted });
        for (node, result) in self.nodes.iter().zip(results) {
            if let (Some(node), Some(result)) = (node, result) {
                nodes.add(*node, T::data(result))?;
            }
        }
        Ok(())
    }
}
