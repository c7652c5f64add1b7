use std::sync::Arc;

use candle_core::DType;

use super::{Array, Context, View};
use crate::error::argument;
use crate::tape::{Applied, Data, Kernel, Nodes, OnDevice, Record};
use crate::{Result, Value};

/// A [`Kernel`] on NVIDIA GPUs.
///
/// Activations have one dtype, that of the first input: F32, BF16 or F16; the result has it too.
/// Parameters (see [`CudaKernel::PARAMETERS`]) have that dtype or F32. A gradient has the dtype of what
/// it belongs to.
pub(crate) trait CudaKernel<const N: usize> {
    /// Which inputs are parameters.
    const PARAMETERS: [bool; N] = [false; N];
    /// What the forward pass keeps for the backward pass beside inputs and result.
    type Kept: Send + 'static;
    /// The result, row-major.
    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        inputs: [Option<View<'_>>; N],
    ) -> Result<(Array, Self::Kept)>;
    /// The gradient of every wanted input.
    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, Self::Kept, N>,
    ) -> Result<[Option<Arc<Array>>; N]>;
}

/// What the backward pass on a GPU is given; all arrays row-major.
pub(crate) struct CudaBackward<'a, K, const N: usize> {
    /// The inputs of the forward pass that the kernel keeps.
    pub inputs: [Option<View<'a>>; N],
    /// Dtypes of all inputs present in the forward pass, which are those of their gradients.
    pub dtypes: [Option<DType>; N],
    /// The result of the forward pass, if the kernel keeps it.
    pub output: Option<View<'a>>,
    /// Gradient of the result.
    pub gradient: Arc<Array>,
    /// Whether anything trainable is upstream of each input: if not, its gradient is never used.
    pub wanted: [bool; N],
    /// What the forward pass kept.
    pub kept: &'a K,
}

/// What the forward pass of `K` keeps.
pub(crate) type Kept<K, const N: usize> = <K as CudaKernel<N>>::Kept;

/// The result of `kernel` where its inputs are on a GPU.
pub(crate) fn apply<K: Kernel<N>, const N: usize>(
    kernel: K,
    inputs: [Option<&Value>; N],
) -> Result<Value> {
    let first = inputs.iter().flatten().next().expect("an operation has an input");
    check::<K, N>(&kernel, inputs, first)?;
    let context = context_of(first.data())?;
    let (array, state) = {
        let elements = inputs.map(|input| input.map(|input| input.data().on_device()));
        kernel.cuda_forward(&context, views(&elements)?)?
    };
    let (shape, data) = (kernel.output(), Data::Cuda(Arc::new(array)));
    let nodes = inputs.map(|input| input.and_then(Value::node));
    if nodes.iter().all(Option::is_none) {
        return Ok(Value::new(first.tape(), shape, data, None));
    }
    let dtypes = inputs.map(|input| input.map(Value::dtype));
    let mut kept = inputs.map(|input| input.map(|input| input.data().clone()));
    for (kept, keeps) in kept.iter_mut().zip(K::KEEPS) {
        kept.take_if(|_| !keeps);
    }
    let output = K::KEEPS_OUTPUT.then(|| data.clone());
    let operation = Box::new(Application { kernel, context, kept, dtypes, output, nodes, state });
    let node = first.tape().record(|output| Record { output, operation })?;
    Ok(Value::new(first.tape(), shape, data, Some(node)))
}

/// The context of the GPU on which `data` is.
pub(crate) fn context_of(data: &Data) -> Result<Arc<Context>> {
    match data {
        Data::Cuda(array) => Ok(array.context().clone()),
        Data::Tensor(tensor) => Ok(Context::of(tensor.device().as_cuda_device()?)),
        Data::F32(_) | Data::F64(_) => {
            Err(argument("an operation on a GPU", "tensors all on one device", "one on the CPU"))
        }
    }
}

fn check<K: Kernel<N>, const N: usize>(
    kernel: &K,
    inputs: [Option<&Value>; N],
    first: &Value,
) -> Result<()> {
    let counts = inputs.iter().flatten().map(|input| input.elem_count());
    let largest = counts.chain([kernel.output().elem_count()]).max().unwrap_or(0);
    check_count(K::NAME, largest)?;
    for (input, parameter) in inputs.iter().zip(K::PARAMETERS) {
        let Some(input) = input else { continue };
        let dtype = input.dtype();
        if dtype != first.dtype() && !(parameter && dtype == DType::F32) {
            let expected = format!("activations of dtype {:?}", first.dtype());
            return Err(argument(K::NAME, expected, format!("{dtype:?}")));
        }
        if !input.belongs_to(first.tape()) {
            return Err(argument(K::NAME, "values of one tape", "values of two"));
        }
    }
    Ok(())
}

/// Refuses tensors whose elements kernels cannot count.
pub(crate) fn check_count(operation: &'static str, largest: usize) -> Result<()> {
    const MOST: usize = i32::MAX as usize;
    if largest <= MOST {
        return Ok(());
    }
    let expected = "tensors of fewer than 2^31 elements; smaller batches help";
    Err(argument(operation, expected, format!("one of {largest}")))
}

type Elements<'a, const N: usize> = [Option<OnDevice<'a>>; N];

fn views<'a, const N: usize>(elements: &'a Elements<'a, N>) -> Result<[Option<View<'a>>; N]> {
    let mut views = [None; N];
    for (view, elements) in views.iter_mut().zip(elements) {
        *view = elements.as_ref().map(OnDevice::view).transpose()?;
    }
    Ok(views)
}

/// A kernel after its forward pass on a GPU.
struct Application<K: Kernel<N>, const N: usize> {
    kernel: K,
    context: Arc<Context>,
    kept: [Option<Data>; N],
    dtypes: [Option<DType>; N],
    output: Option<Data>,
    nodes: [Option<usize>; N],
    state: Kept<K, N>,
}

impl<K: Kernel<N>, const N: usize> Applied for Application<K, N> {
    fn backward(&self, gradient: Data, nodes: &mut Nodes) -> Result<()> {
        let Data::Cuda(gradient) = gradient else {
            return Err(argument(K::NAME, "a gradient on the GPU", "one on the CPU"));
        };
        let elements = self.kept.each_ref().map(|kept| kept.as_ref().map(Data::on_device));
        let output = self.output.as_ref().map(Data::on_device);
        let pass = CudaBackward {
            inputs: views(&elements)?,
            dtypes: self.dtypes,
            output: output.as_ref().map(OnDevice::view).transpose()?,
            gradient,
            wanted: self.nodes.map(|node| node.is_some()),
            kept: &self.state,
        };
        let results = self.kernel.cuda_backward(&self.context, pass)?;
        for (node, result) in self.nodes.iter().zip(results) {
            if let (Some(node), Some(result)) = (node, result) {
                nodes.add(*node, Data::Cuda(result))?;
            }
        }
        Ok(())
    }
}
