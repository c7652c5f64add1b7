use std::fmt;
use std::sync::Arc;

use super::Data;
use crate::Result;
use crate::buffer::Buffer;
use crate::element::Element;
use crate::elementwise::{BinaryMap, zip_map};
use crate::simd::Vector;

/// An operation that has been applied, with what it needs for its gradients.
pub(crate) trait Applied: Send {
    /// Adds the gradients of the inputs to `nodes`, given that of the result.
    fn backward(&self, gradient: Data, nodes: &mut Nodes) -> Result<()>;
}

/// One entry of a tape.
pub(crate) struct Record {
    /// The node of the operation's result.
    pub output: usize,
    pub operation: Box<dyn Applied>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record {{ output: {} }}", self.output)
    }
}

/// Gradients by node, as far as they are known.
pub(crate) struct Nodes(Vec<Option<Data>>);

impl Nodes {
    /// Nothing known about `count` nodes.
    pub fn new(count: usize) -> Self {
        Self(vec![None; count])
    }

    /// Goes through `records` from the last to the first; each is dropped once it has been used, and
    /// with it what it kept.
    pub fn propagate(&mut self, mut records: Vec<Record>) -> Result<()> {
        while let Some(record) = records.pop() {
            if let Some(gradient) = self.take(record.output) {
                record.operation.backward(gradient, self)?;
            }
        }
        Ok(())
    }

    /// What is known about `node`, which is then forgotten.
    pub fn take(&mut self, node: usize) -> Option<Data> {
        self.0[node].take()
    }

    /// Adds a contribution to the gradient of `node`.
    pub fn add(&mut self, node: usize, gradient: Data) -> Result<()> {
        self.0[node] = Some(match self.0[node].take() {
            None => gradient,
            Some(known) => known.plus(gradient)?,
        });
        Ok(())
    }
}

/// The sum of two gradients, written over one that nobody else holds if there is such a one.
pub(super) fn sum<T: Element>(a: Arc<Buffer<T>>, b: Arc<Buffer<T>>) -> Arc<Buffer<T>> {
    let (own, other) = if Arc::strong_count(&a) == 1 { (a, b) } else { (b, a) };
    zip_map::<Sum, T>(&other, own)
}

struct Sum;

impl BinaryMap for Sum {
    #[inline(always)]
    fn apply<V: Vector>(x: V, y: V) -> V {
        y.add(x)
    }
}
