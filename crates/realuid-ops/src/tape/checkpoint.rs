use std::collections::HashMap;

use candle_core::{DType, Shape, TensorId};

use super::backward::{Applied, Nodes, Record};
use super::recording::Recording;
use super::{Data, Tape, Value};
use crate::Result;
use crate::error::argument;

/// `body` of `inputs`, at least one and all of one tape, of which only the inputs are kept: the
/// backward pass runs `body` again to have what lies between (Chen et al., arXiv 1604.06174).
///
/// Gradients reach the inputs and every tensor that `body` joins to them, with the bits that they have
/// without checkpointing; where none of these is trainable nothing is kept. Bodies may be nested. What
/// `body` computes may depend on nothing but its inputs and what it captures, and trainable tensors
/// that it joins are made before and captured: an error of the backward pass otherwise.
///
/// ```
/// use candle_core::{DType, Device, Var};
/// use realuid_ops::{RandomStream, checkpoint, linear, on_tape, silu};
///
/// let draw = |purpose, shape| {
///     RandomStream::new(7, purpose, 0).normal(shape, DType::F32, &Device::Cpu)
/// };
/// let weight = Var::from_tensor(&draw("weight", (4, 8))?)?;
/// let captured = weight.as_tensor().clone();
///
/// let y = on_tape(&draw("x", (2, 8))?, |x| {
///     checkpoint(&[x], move |x| silu(&linear(&x[0], &captured, None)?))
/// })?;
/// assert!(y.sum_all()?.backward()?.get(&weight).is_some());
/// # Ok::<(), realuid_ops::Error>(())
/// ```
pub fn checkpoint(
    inputs: &[&Value],
    body: impl Fn(&[Value]) -> Result<Value> + Send + 'static,
) -> Result<Value> {
    let Some(tape) = inputs.first().map(|input| input.tape()) else {
        return Err(argument(NAME, "at least one input", "none"));
    };
    if !inputs.iter().all(|input| input.belongs_to(tape)) {
        return Err(argument(NAME, "inputs of one tape", "inputs of two"));
    }
    let rehearsal = Tape::rehearsal();
    let values: Vec<Value> = inputs.iter().map(|x| on(&rehearsal, x, None)).collect();
    let result = body(&values)?;
    let met = rehearsal.end(NAME, &result)?.inputs;
    let (shape, data, _) = result.into_parts();

    let mut links = Links::default();
    let mut joined = HashMap::new();
    for (tensor, _) in met {
        let value = tape.input(&tensor)?;
        joined.insert(tensor.id(), (value.data().clone(), links.inner(value.node())));
    }
    let kept = |input: &&Value| {
        let node = links.inner(input.node());
        (input.shape().clone(), input.data().clone(), node)
    };
    let inputs = inputs.iter().map(kept).collect();
    if links.0.is_empty() {
        return Ok(Value::new(tape, shape, data, None));
    }
    let result = (shape.clone(), data.dtype());
    let operation = Box::new(Checkpoint { body, inputs, joined, links, result });
    let node = tape.record(|output| Record { output, operation })?;
    Ok(Value::new(tape, shape, data, Some(node)))
}

const NAME: &str = "checkpoint";

/// `value` on another tape.
fn on(tape: &Tape, value: &Value, node: Option<usize>) -> Value {
    Value::new(tape, value.shape().clone(), value.data().clone(), node)
}

/// The nodes that gradients leave a body by: the i-th is node i of the tape of its second run.
#[derive(Default)]
struct Links(Vec<usize>);

impl Links {
    /// What `node` of the outer tape is called on the inner one. Values that share a node do so there.
    fn inner(&mut self, node: Option<usize>) -> Option<usize> {
        let node = node?;
        Some(self.0.iter().position(|known| *known == node).unwrap_or_else(|| {
            self.0.push(node);
            self.0.len() - 1
        }))
    }
}

/// A body after its first run.
struct Checkpoint<F> {
    body: F,
    /// With their nodes on the inner tape.
    inputs: Vec<(Shape, Data, Option<usize>)>,
    /// Trainable tensors, with their nodes on the inner tape.
    joined: HashMap<TensorId, (Data, Option<usize>)>,
    links: Links,
    /// What the first run returned.
    result: (Shape, DType),
}

impl<F: Fn(&[Value]) -> Result<Value> + Send> Applied for Checkpoint<F> {
    fn backward(&self, gradient: Data, nodes: &mut Nodes) -> Result<()> {
        let Some((recording, node)) = self.run_again()? else { return Ok(()) };
        let mut inner = Nodes::new(recording.nodes);
        // Sums go on where the outer tape has come to: they are rounded in the order of a body that
        // is recorded there itself.
        for (index, outer) in self.links.0.iter().enumerate() {
            if let Some(known) = nodes.take(*outer) {
                inner.add(index, known)?;
            }
        }
        inner.add(node, gradient)?;
        inner.propagate(recording.records)?;
        for (index, outer) in self.links.0.iter().enumerate() {
            if let Some(sum) = inner.take(index) {
                nodes.add(*outer, sum)?;
            }
        }
        Ok(())
    }
}

impl<F: Fn(&[Value]) -> Result<Value>> Checkpoint<F> {
    /// What the body does with its inputs, and the node of its result; none if no gradient flows
    /// through it.
    fn run_again(&self) -> Result<Option<(Recording, usize)>> {
        let tape = Tape::replay(self.links.0.len(), self.joined.clone());
        let value = |(shape, data, node): &(Shape, Data, _)| {
            Value::new(&tape, shape.clone(), data.clone(), *node)
        };
        let inputs: Vec<Value> = self.inputs.iter().map(value).collect();
        let result = (self.body)(&inputs)?;
        let recording = tape.end(NAME, &result)?;
        if let Some((tensor, _)) = recording.inputs.first() {
            let expected = "a body that joins the same trainable tensors whenever it runs; make them \
                            before and let it capture them";
            return Err(argument(NAME, expected, format!("another one, {:?}", tensor.dims())));
        }
        let (shape, dtype) = &self.result;
        if result.shape() != shape || result.dtype() != *dtype {
            let expected = format!("{dtype:?} {:?} again from the body", shape.dims());
            let found = format!("{:?} {:?}", result.dtype(), result.dims());
            return Err(argument(NAME, expected, found));
        }
        Ok(result.node().map(|node| (recording, node)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, Weak};

    use candle_core::{DType, Device, Tensor, Var};

    use super::checkpoint;
    use crate::buffer::Buffer;
    use crate::tape::Data;
    use crate::{Result, Tape, Value, silu};

    /// Results that have been computed, whether they are still in memory or not.
    #[derive(Clone, Default)]
    struct Watched(Arc<Mutex<Vec<Weak<Buffer<f32>>>>>);

    impl Watched {
        fn watch(&self, value: Value) -> Value {
            let Data::F32(buffer) = value.data() else { panic!("f32 in memory of the pool") };
            self.0.lock().unwrap().push(Arc::downgrade(buffer));
            value
        }

        /// Elements of those in memory, and of all.
        fn elements(&self) -> [usize; 2] {
            let watched = self.0.lock().unwrap();
            let in_memory = watched.iter().filter_map(Weak::upgrade).map(|b| b.len()).sum();
            [in_memory, watched.len() * 10]
        }
    }

    /// Five times silu, each of which keeps its argument.
    fn chain(x: &Value, watched: &Watched) -> Result<Value> {
        (0..5).try_fold(x.clone(), |x, _| Ok(watched.watch(silu(&x)?)))
    }

    #[test]
    fn what_lies_within_a_body_is_freed_until_the_backward_pass() {
        let x = Var::from_tensor(&Tensor::ones(10, DType::F32, &Device::Cpu).unwrap()).unwrap();
        let watched = Watched::default();
        let [plain, checkpointed] = [Tape::new(), Tape::new()];

        let y = chain(&plain.input(&x).unwrap(), &watched).unwrap();
        assert_eq!(watched.elements(), [50, 50], "four arguments and the result");
        drop(plain.output(y).unwrap());
        assert_eq!(watched.elements(), [0, 50]);

        let within = watched.clone();
        let h = checkpoint(&[&checkpointed.input(&x).unwrap()], move |x| chain(&x[0], &within));
        assert_eq!(watched.elements(), [10, 100], "the result alone");
        let within = watched.clone();
        let y = checkpoint(&[&h.unwrap()], move |x| chain(&x[0], &within)).unwrap();
        assert_eq!(watched.elements(), [20, 150], "the result and the input of the second body");
        let y = checkpointed.output(y).unwrap();
        assert_eq!(watched.elements(), [10, 150], "candle has the result");
        y.sum_all().unwrap().backward().unwrap();
        assert_eq!(watched.elements(), [0, 250], "both bodies have run again");
    }

    #[test]
    fn nothing_is_kept_where_nothing_is_trainable() {
        let x = Tensor::ones(10, DType::F32, &Device::Cpu).unwrap();
        let (tape, watched) = (Tape::new(), Watched::default());
        let within = watched.clone();
        let h = checkpoint(&[&tape.input(&x).unwrap()], move |x| chain(&x[0], &within)).unwrap();
        let y = silu(&h).unwrap();
        drop(h);
        assert_eq!(watched.elements(), [0, 50]);
        assert_eq!(y.node(), None);
        // The body, with what it captured, is gone too.
        assert_eq!(Arc::strong_count(&watched.0), 1);
    }
}
