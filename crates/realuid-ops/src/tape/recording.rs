use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use candle_core::{DType, Tensor, TensorId};

use super::backward::{Nodes, Record};
use super::candle_op::attach;
use super::{Data, Value};
use crate::Result;
use crate::error::argument;

/// What a computation did with its inputs, so that the gradients can be computed.
///
/// ```
/// use candle_core::{DType, Device, Var};
/// use realuid_ops::{RandomStream, Tape, linear, silu};
///
/// let draw = |purpose, shape| {
///     RandomStream::new(7, purpose, 0).normal(shape, DType::F32, &Device::Cpu)
/// };
/// let weight = Var::from_tensor(&draw("weight", (4, 8))?)?;
///
/// let tape = Tape::new();
/// let x = tape.input(&draw("x", (2, 8))?)?;
/// let y = tape.output(silu(&linear(&x, &weight, None)?)?)?; // an ordinary candle tensor
/// assert!(y.sum_all()?.backward()?.get(&weight).is_some());
/// # Ok::<(), realuid_ops::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tape(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    recording: Recording,
    /// Tensors that already are values here.
    known: Known,
    finished: bool,
    /// Whether inputs are only listed: no value has a node, so nothing is recorded.
    rehearsing: bool,
}

/// Tensors with their data and nodes.
type Known = HashMap<TensorId, (Data, Option<usize>)>;

/// The operations, and the inputs whose gradients somebody wants.
#[derive(Debug, Default)]
pub(super) struct Recording {
    pub records: Vec<Record>,
    /// Differentiable inputs with their nodes.
    pub inputs: Vec<(Tensor, usize)>,
    /// Number of nodes: values that gradients flow through.
    pub nodes: usize,
}

impl Recording {
    /// The gradients of all inputs, given that of `node`.
    pub fn differentiate(self, node: usize, gradient: Data) -> Result<Vec<Option<Data>>> {
        let mut nodes = Nodes::new(self.nodes);
        nodes.add(node, gradient)?;
        nodes.propagate(self.records)?;
        Ok(self.inputs.iter().map(|(_, node)| nodes.take(*node)).collect())
    }

    fn new_node(&mut self) -> usize {
        self.nodes += 1;
        self.nodes - 1
    }
}

impl Tape {
    /// A tape with nothing on it.
    pub fn new() -> Self {
        Self::default()
    }

    /// A tape that records nothing, and lists the inputs that are differentiable.
    pub(super) fn rehearsal() -> Self {
        Self(Arc::new(Mutex::new(State { rehearsing: true, ..State::default() })))
    }

    /// A tape that begins with `nodes` nodes, and with `known` tensors.
    pub(super) fn replay(nodes: usize, known: Known) -> Self {
        let recording = Recording { nodes, ..Recording::default() };
        Self(Arc::new(Mutex::new(State { recording, known, ..State::default() })))
    }

    /// `tensor` as an input of the computation; differentiable if candle tracks it. Its dtype is F32
    /// or F64, on a GPU F32, BF16 or F16.
    pub fn input(&self, tensor: &Tensor) -> Result<Value> {
        let (known, expected): (&[DType], _) = if tensor.device().is_cuda() {
            (&[DType::F32, DType::BF16, DType::F16], "a tensor of dtype F32, BF16 or F16 on a GPU")
        } else {
            (&[DType::F32, DType::F64], "a tensor of dtype F32 or F64")
        };
        if !known.contains(&tensor.dtype()) {
            return Err(argument("Tape::input", expected, format!("{:?}", tensor.dtype())));
        }
        let mut state = self.lock();
        state.check_recording("Tape::input")?;
        let (data, node) = match state.known.get(&tensor.id()) {
            Some(known) => known.clone(),
            None => state.new_input(tensor)?,
        };
        drop(state);
        Ok(Value::new(self, tensor.shape().clone(), data, node))
    }

    /// The result of the computation as a candle tensor, which ends it.
    ///
    /// `backward` on anything made from the tensor gives gradients for all differentiable inputs; it
    /// frees what the tape has kept, so it can be run once.
    pub fn output(&self, value: Value) -> Result<Tensor> {
        let recording = self.end("Tape::output", &value)?;
        let (shape, data, node) = value.into_parts();
        match node {
            Some(node) => attach(recording, node, data, shape),
            None => data.into_tensor(&shape),
        }
    }

    /// The gradients of all differentiable inputs, in the order in which the tape met them, for the
    /// `gradient` of `value`, of its shape and from any tape; none for an input that `value` does not
    /// depend on. Ends the computation, without candle.
    pub fn differentiate(&self, value: &Value, gradient: &Value) -> Result<Vec<Option<Value>>> {
        if gradient.dims() != value.dims() || gradient.dtype() != value.dtype() {
            let expected = format!("a gradient {:?} of dtype {:?}", value.dims(), value.dtype());
            let found = format!("{:?} of dtype {:?}", gradient.dims(), gradient.dtype());
            return Err(argument("Tape::differentiate", expected, found));
        }
        let recording = self.end("Tape::differentiate", value)?;
        let shapes: Vec<_> = recording.inputs.iter().map(|(x, _)| x.shape().clone()).collect();
        let found = match value.node() {
            Some(node) => recording.differentiate(node, gradient.data().clone().pooled()?)?,
            None => shapes.iter().map(|_| None).collect(),
        };
        let value =
            |(data, shape): (Option<Data>, _)| data.map(|data| Value::new(self, shape, data, None));
        Ok(found.into_iter().zip(shapes).map(value).collect())
    }

    /// Puts an operation on the tape; `record` is given the node of its result.
    pub(crate) fn record(&self, record: impl FnOnce(usize) -> Record) -> Result<usize> {
        let mut state = self.lock();
        state.check_recording("an operation on a tape")?;
        let node = state.recording.new_node();
        state.recording.records.push(record(node));
        Ok(node)
    }

    /// Ends the computation of `value`, a value of this tape.
    pub(super) fn end(&self, operation: &'static str, value: &Value) -> Result<Recording> {
        let mut state = self.lock();
        state.check_recording(operation)?;
        if !value.belongs_to(self) {
            return Err(argument(operation, "a value of this tape", "one of another"));
        }
        state.finished = true;
        state.known.clear();
        Ok(std::mem::take(&mut state.recording))
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The state, also after a panic elsewhere: every change to it is a single step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new_input(&mut self, tensor: &Tensor) -> Result<(Data, Option<usize>)> {
        // Detached, because the tape has a graph of its own.
        let data = Data::Tensor(tensor.detach().contiguous()?);
        let mut node = tensor.track_op().then(|| self.recording.new_node());
        if let Some(node) = node {
            self.recording.inputs.push((tensor.clone(), node));
        }
        node.take_if(|_| self.rehearsing);
        self.known.insert(tensor.id(), (data.clone(), node));
        Ok((data, node))
    }

    fn check_recording(&self, operation: &'static str) -> Result<()> {
        if self.finished {
            let found = "one whose output has been taken";
            return Err(argument(operation, "a tape that is still recording", found));
        }
        Ok(())
    }
}
