//! One way from slices to candle's automatic differentiation.
//!
//! An operation implements [`Kernel`] on plain slices, once for f32 and f64; [`apply1`] to
//! [`apply3`] put it into the graph. Storages, layouts and dtypes end here.

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, CustomOp3, DType, Layout, Result as CandleResult, Shape,
    Tensor,
};

use crate::Result;
use crate::element::Element;
use crate::error::argument;
use crate::storage::{contiguous_slice, cpu_slice};

/// A differentiable operation of N tensors of one floating-point type. Shapes live in the kernel.
pub(crate) trait Kernel<const N: usize>: Send + Sync + 'static {
    /// The public function's name, for messages.
    const NAME: &'static str;
    /// Shape of the result.
    fn output(&self) -> Shape;
    /// The result, row-major.
    fn forward<T: Element>(&self, inputs: [&[T]; N]) -> Vec<T>;
    /// The gradient of every wanted input.
    fn backward<T: Element>(&self, pass: &Backward<'_, T, N>) -> [Option<Vec<T>>; N];
}

/// What a backward pass is given; all slices row-major.
pub(crate) struct Backward<'a, T, const N: usize> {
    /// The inputs of the forward pass.
    pub inputs: [&'a [T]; N],
    /// Gradient of the result.
    pub gradient: &'a [T],
    /// Whether anything trainable is upstream of each input: if not, its gradient is never used.
    pub wanted: [bool; N],
}

pub(crate) fn apply1<K: Kernel<1>>(kernel: K, x: &Tensor) -> Result<Tensor> {
    let [x] = ready(K::NAME, [x])?;
    Ok(x.apply_op1(Op(kernel))?)
}

pub(crate) fn apply2<K: Kernel<2>>(kernel: K, x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let [x, y] = ready(K::NAME, [x, y])?;
    Ok(x.apply_op2(&y, Op(kernel))?)
}

pub(crate) fn apply3<K: Kernel<3>>(kernel: K, inputs: [&Tensor; 3]) -> Result<Tensor> {
    let [x, y, z] = ready(K::NAME, inputs)?;
    Ok(x.apply_op3(&y, &z, Op(kernel))?)
}

/// Checks that all inputs have the same floating-point type, and makes them contiguous.
fn ready<const N: usize>(name: &'static str, inputs: [&Tensor; N]) -> Result<[Tensor; N]> {
    let dtypes = inputs.map(Tensor::dtype);
    let supported = matches!(dtypes[0], DType::F32 | DType::F64);
    if !supported || dtypes.iter().any(|d| *d != dtypes[0]) {
        return Err(argument(name, "tensors all of dtype F32 or all F64", format!("{dtypes:?}")));
    }
    let mut ready = inputs.map(Tensor::clone);
    for tensor in &mut ready {
        *tensor = tensor.contiguous()?;
    }
    Ok(ready)
}

/// A kernel as candle sees it.
struct Op<K>(K);

impl<K> Op<K> {
    fn run<const N: usize>(
        &self,
        inputs: [(&CpuStorage, &Layout); N],
    ) -> CandleResult<(CpuStorage, Shape)>
    where
        K: Kernel<N>,
    {
        match inputs[0].0.dtype() {
            DType::F32 => self.run_typed::<f32, N>(inputs),
            _ => self.run_typed::<f64, N>(inputs),
        }
    }

    fn run_typed<T: Element, const N: usize>(
        &self,
        inputs: [(&CpuStorage, &Layout); N],
    ) -> CandleResult<(CpuStorage, Shape)>
    where
        K: Kernel<N>,
    {
        let mut slices: [&[T]; N] = [&[]; N];
        for (slice, (storage, layout)) in slices.iter_mut().zip(inputs) {
            *slice = contiguous_slice(storage, layout)?;
        }
        Ok((T::to_cpu_storage_owned(self.0.forward(slices)), self.0.output()))
    }

    fn differentiate<const N: usize>(
        &self,
        inputs: [&Tensor; N],
        gradient: &Tensor,
    ) -> CandleResult<[Option<Tensor>; N]>
    where
        K: Kernel<N>,
    {
        match gradient.dtype() {
            DType::F32 => self.differentiate_typed::<f32, N>(inputs, gradient),
            _ => self.differentiate_typed::<f64, N>(inputs, gradient),
        }
    }

    fn differentiate_typed<T: Element, const N: usize>(
        &self,
        inputs: [&Tensor; N],
        gradient: &Tensor,
    ) -> CandleResult<[Option<Tensor>; N]>
    where
        K: Kernel<N>,
    {
        let gradient = gradient.contiguous()?;
        let results = {
            let guards = inputs.map(Tensor::storage_and_layout);
            let mut slices: [&[T]; N] = [&[]; N];
            for (slice, (storage, layout)) in slices.iter_mut().zip(&guards) {
                *slice = cpu_slice(storage, layout)?;
            }
            let (storage, layout) = gradient.storage_and_layout();
            let gradient = cpu_slice(&storage, layout)?;
            let wanted = inputs.map(Tensor::track_op);
            self.0.backward(&Backward { inputs: slices, gradient, wanted })
        };
        let mut tensors = [const { None }; N];
        for ((tensor, values), input) in tensors.iter_mut().zip(results).zip(inputs) {
            if let Some(values) = values {
                *tensor = Some(Tensor::from_vec(values, input.shape(), input.device())?);
            }
        }
        Ok(tensors)
    }
}

impl<K: Kernel<1>> CustomOp1 for Op<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn cpu_fwd(&self, s: &CpuStorage, l: &Layout) -> CandleResult<(CpuStorage, Shape)> {
        self.run([(s, l)])
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> CandleResult<Option<Tensor>> {
        let [x] = self.differentiate([x], gradient)?;
        Ok(x)
    }
}

impl<K: Kernel<2>> CustomOp2 for Op<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> CandleResult<(CpuStorage, Shape)> {
        self.run([(s1, l1), (s2, l2)])
    }

    fn bwd(
        &self,
        x: &Tensor,
        y: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> CandleResult<(Option<Tensor>, Option<Tensor>)> {
        let [x, y] = self.differentiate([x, y], gradient)?;
        Ok((x, y))
    }
}

impl<K: Kernel<3>> CustomOp3 for Op<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> CandleResult<(CpuStorage, Shape)> {
        self.run([(s1, l1), (s2, l2), (s3, l3)])
    }

    fn bwd(
        &self,
        x: &Tensor,
        y: &Tensor,
        z: &Tensor,
        _: &Tensor,
        gradient: &Tensor,
    ) -> CandleResult<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [x, y, z] = self.differentiate([x, y, z], gradient)?;
        Ok((x, y, z))
    }
}
