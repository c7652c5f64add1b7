use candle_core::{DType, Shape, Tensor};

use super::{Data, Tape};
use crate::Result;
use crate::error::argument;

/// A tensor inside a computation that a [`Tape`] records: what the operations of this crate take
/// and return. Row-major; images are channels-last, [B, H, W, C].
#[derive(Clone, Debug)]
pub struct Value {
    tape: Tape,
    shape: Shape,
    data: Data,
    /// Where gradients flow to; none if nothing trainable is upstream.
    node: Option<usize>,
}

impl Value {
    pub(crate) fn new(tape: &Tape, shape: Shape, data: Data, node: Option<usize>) -> Self {
        Self { tape: tape.clone(), shape, data, node }
    }

    /// The shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The lengths of the axes.
    pub fn dims(&self) -> &[usize] {
        self.shape.dims()
    }

    /// Number of elements.
    pub fn elem_count(&self) -> usize {
        self.shape.elem_count()
    }

    /// F32 or F64; on a GPU F32, BF16 or F16.
    pub fn dtype(&self) -> DType {
        self.data.dtype()
    }

    /// `tensor` as an input of the same computation.
    pub fn join(&self, tensor: &Tensor) -> Result<Self> {
        self.tape.input(tensor)
    }

    /// The same elements in another shape of as many.
    pub fn reshape(&self, shape: impl Into<Shape>) -> Result<Self> {
        let shape = shape.into();
        let count = shape.dims().iter().try_fold(1_usize, |n, length| n.checked_mul(*length));
        if count != Some(self.elem_count()) {
            let expected = format!("a shape of {} elements", self.elem_count());
            return Err(argument("Value::reshape", expected, format!("{:?}", shape.dims())));
        }
        Ok(Self { shape, ..self.clone() })
    }

    pub(crate) fn tape(&self) -> &Tape {
        &self.tape
    }

    pub(crate) fn belongs_to(&self, tape: &Tape) -> bool {
        self.tape.is(tape)
    }

    pub(crate) fn data(&self) -> &Data {
        &self.data
    }

    pub(crate) fn node(&self) -> Option<usize> {
        self.node
    }

    pub(super) fn into_parts(self) -> (Shape, Data, Option<usize>) {
        (self.shape, self.data, self.node)
    }
}
