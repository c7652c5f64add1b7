//! A finished tape as part of candle's graph.
//!
//! candle's custom operations have at most three inputs, a network has hundreds. So the inputs are
//! strung together: starting from a constant, each [`Join`] takes the string so far and one input to
//! a new string, and [`Finish`] takes the last string to the result. In the backward pass `Finish`
//! runs the tape and leaves every gradient in [`Slots`], where its `Join` finds it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::{
    CpuStorage, CustomOp1, CustomOp2, DType, Device, Layout, Result as CandleResult, Shape, Tensor,
    TensorId,
};
#[cfg(feature = "cuda")]
use candle_core::{CudaStorage, backend::BackendStorage};

use super::Data;
use super::recording::Recording;
use crate::Result;

/// `data` as a tensor from which gradients flow to the inputs of `recording`.
pub(super) fn attach(
    recording: Recording,
    node: usize,
    data: Data,
    shape: Shape,
) -> Result<Tensor> {
    let slots = Arc::new(Slots(Mutex::new(vec![None; recording.inputs.len()])));
    let device = recording.inputs.first().map_or(Device::Cpu, |(input, _)| input.device().clone());
    let mut string = Tensor::zeros((), DType::F32, &device)?;
    for (index, (input, _)) in recording.inputs.iter().enumerate() {
        string = string.apply_op2(input, Join { slots: slots.clone(), index })?;
    }
    let state = Mutex::new((Some(data), Some(recording)));
    Ok(string.apply_op1(Finish { shape, node, state, slots })?)
}

/// Runs `body` and keeps what backward passes in it find for variables, by variable: candle, which
/// would add zeros to it first, never sees it.
pub(crate) fn collect<R>(body: impl FnOnce() -> R) -> (R, HashMap<TensorId, Data>) {
    let mut collecting = Collecting { outer: COLLECTED.replace(Some(HashMap::new())) };
    let result = body();
    (result, collecting.end())
}

/// Ends a collection, also when a panic does.
struct Collecting {
    outer: Option<HashMap<TensorId, Data>>,
}

impl Collecting {
    /// What was collected; whoever collected before goes on.
    fn end(&mut self) -> HashMap<TensorId, Data> {
        COLLECTED.replace(self.outer.take()).unwrap_or_default()
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.end();
        }
    }
}

thread_local! {
    /// Gradients of variables on their way around candle, while somebody collects them.
    static COLLECTED: RefCell<Option<HashMap<TensorId, Data>>> = const { RefCell::new(None) };
}

/// Gradients of the inputs, between the backward pass of the tape and that of each [`Join`].
struct Slots(Mutex<Vec<Option<Data>>>);

impl Slots {
    fn lock(&self) -> MutexGuard<'_, Vec<Option<Data>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes one more tensor an input of what the string leads to.
struct Join {
    slots: Arc<Slots>,
    index: usize,
}

impl CustomOp2 for Join {
    fn name(&self) -> &'static str {
        "join"
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> CandleResult<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(vec![0.0]), Shape::from(())))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        string: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> CandleResult<(CudaStorage, Shape)> {
        let zero = string.device().alloc_zeros::<f32>(1)?;
        Ok((CudaStorage::wrap_cuda_slice(zero, string.device().clone()), Shape::from(())))
    }

    fn bwd(
        &self,
        string: &Tensor,
        input: &Tensor,
        _: &Tensor,
        _: &Tensor,
    ) -> CandleResult<(Option<Tensor>, Option<Tensor>)> {
        let found = self.slots.lock()[self.index].take();
        let gradient = match found {
            Some(gradient) if input.is_variable() => {
                hand_over(input, gradient).map_err(candle_core::Error::wrap)?
            }
            found => found,
        };
        let gradient = match gradient {
            Some(gradient) => {
                Some(gradient.into_tensor(input.shape()).map_err(candle_core::Error::wrap)?)
            }
            // candle wants a gradient for everything that is not a variable.
            None if !input.is_variable() => Some(input.zeros_like()?),
            None => None,
        };
        Ok((Some(string.zeros_like()?), gradient))
    }
}

/// Gives the gradient of a variable to whoever collects; returns it if nobody does.
fn hand_over(variable: &Tensor, gradient: Data) -> Result<Option<Data>> {
    COLLECTED.with_borrow_mut(|collected| {
        let Some(collected) = collected else { return Ok(Some(gradient)) };
        let sum = match collected.remove(&variable.id()) {
            None => gradient,
            Some(known) => known.plus(gradient)?,
        };
        collected.insert(variable.id(), sum);
        Ok(None)
    })
}

/// The computation itself.
struct Finish {
    shape: Shape,
    node: usize,
    /// The result until candle takes it, and the recording until the backward pass.
    state: Mutex<(Option<Data>, Option<Recording>)>,
    slots: Arc<Slots>,
}

impl Finish {
    fn state(&self) -> MutexGuard<'_, (Option<Data>, Option<Recording>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, recording: Recording, gradient: &Tensor) -> Result<()> {
        let gradient = Data::Tensor(gradient.contiguous()?).pooled()?;
        *self.slots.lock() = recording.differentiate(self.node, gradient)?;
        Ok(())
    }
}

impl CustomOp1 for Finish {
    fn name(&self) -> &'static str {
        "finish"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> CandleResult<(CpuStorage, Shape)> {
        let Some(result) = self.state().0.take() else {
            candle_core::bail!("the result of a tape has been taken already")
        };
        Ok((result.into_storage()?, self.shape.clone()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(&self, _: &CudaStorage, _: &Layout) -> CandleResult<(CudaStorage, Shape)> {
        let Some(result) = self.state().0.take() else {
            candle_core::bail!("the result of a tape has been taken already")
        };
        Ok((result.into_cuda_storage()?, self.shape.clone()))
    }

    fn bwd(&self, string: &Tensor, _: &Tensor, gradient: &Tensor) -> CandleResult<Option<Tensor>> {
        let Some(recording) = self.state().1.take() else {
            candle_core::bail!(
                "backward: expected a graph that has not been differentiated yet, found one that \
                 has, and whose intermediate results are gone; run the forward pass again"
            )
        };
        self.run(recording, gradient).map_err(candle_core::Error::wrap)?;
        Ok(Some(string.zeros_like()?))
    }
}
