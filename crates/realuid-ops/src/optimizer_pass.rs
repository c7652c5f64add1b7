//! All that a training step changes, in one pass over memory.
//!
//! An update does little arithmetic and touches every value of parameters, gradients, moments and
//! averages, so its time is that of moving them. Here each is moved once: a chunk is finished, down
//! to its last average, while it is in the cache.

use candle_core::Tensor;

use crate::adam_step::{AdamStep, StepSizes};
use crate::element::Element;
use crate::ema::Decay;
use crate::parallel::{consume, vectorised};
use crate::taken::Taken;
use crate::tape::{Data, Elements};
use crate::{Gradients, Parameters, Result};

/// Elements per task: few enough that a chunk of parameters stays in the cache for its averages.
const CHUNK: usize = 1 << 13;

/// One step of Adam and of averages. All have the same names, shapes and dtypes (F32 or F64).
pub(crate) struct OptimizerPass<'a> {
    pub parameters: &'a Parameters,
    pub gradients: &'a Gradients,
    pub first: &'a Parameters,
    pub second: &'a Parameters,
    /// Averages of the parameters with their decays.
    pub averages: &'a [(f64, Parameters)],
    pub sizes: StepSizes,
}

impl OptimizerPass<'_> {
    /// Makes the step; an error comes before anything has changed.
    pub fn run(&self) -> Result<()> {
        let (single, double) = (Lent::<f32>::of(self)?, Lent::<f64>::of(self)?);
        single.step(self);
        double.step(self);
        Ok(())
    }
}

/// All tensors of one type.
struct Lent<'a, T: Element> {
    parameters: Vec<Taken<'a, T>>,
    first: Vec<Taken<'a, T>>,
    second: Vec<Taken<'a, T>>,
    averages: Vec<Vec<Taken<'a, T>>>,
    gradients: Vec<Elements<'a, T>>,
}

// Where `of` fails, what it holds is dropped from the last to the first: gradients are let go before
// tensors are put back, which may need their locks.

impl<'a, T: Element> Lent<'a, T> {
    fn of(pass: &OptimizerPass<'a>) -> Result<Self> {
        // Taken before gradients are locked: one that shares memory with a parameter is refused
        // instead of waited for.
        let parameters = take(pass.parameters)?;
        let (first, second) = (take(pass.first)?, take(pass.second)?);
        let averages = pass.averages.iter().map(|(_, average)| take(average));
        let averages = averages.collect::<Result<_>>()?;
        let gradients = pass.gradients.iter().map(|(_, gradient)| &gradient.data);
        let gradients = gradients.filter(|data| data.dtype() == T::DTYPE);
        let gradients: Vec<_> = gradients.map(Data::read::<T>).collect();
        gradients.iter().try_for_each(|gradient| gradient.slice().map(|_| ()))?;
        Ok(Self { parameters, first, second, averages, gradients })
    }

    fn step(mut self, pass: &OptimizerPass) {
        let gradients = self.gradients.iter().map(|g| g.slice().expect("checked when lent"));
        // All chunks are one list, so that small tensors do not wait for each other.
        let gradients = gradients.flat_map(|values| values.chunks(CHUNK));
        let moments = chunks(&mut self.first).zip(chunks(&mut self.second));
        let mut averages: Vec<_> = self.averages.iter_mut().map(|each| chunks(each)).collect();
        let tasks: Vec<_> = chunks(&mut self.parameters)
            .zip(gradients)
            .zip(moments)
            .map(|((parameter, gradient), (first, second))| {
                let averages = averages.iter_mut().filter_map(Iterator::next).collect();
                Chunk { parameter, gradient, first, second, averages }
            })
            .collect();

        let adam = AdamStep::new(pass.sizes);
        let decays: Vec<_> = pass.averages.iter().map(|(decay, _)| Decay::new(*decay)).collect();
        consume(tasks, |chunk| vectorised(|| chunk.step(adam, &decays)));
    }
}

/// The same part of everything that belongs to one parameter.
struct Chunk<'a, T> {
    parameter: &'a mut [T],
    gradient: &'a [T],
    first: &'a mut [T],
    second: &'a mut [T],
    averages: Vec<&'a mut [T]>,
}

impl<T: Element> Chunk<'_, T> {
    #[inline(always)]
    fn step(mut self, adam: AdamStep<T>, decays: &[Decay<T>]) {
        adam.apply(self.parameter, self.gradient, self.first, self.second);
        for (average, decay) in self.averages.iter_mut().zip(decays) {
            decay.apply(average, self.parameter);
        }
    }
}

fn of_type<T: Element>(tensor: &Tensor) -> bool {
    tensor.dtype() == T::DTYPE
}

/// The values of all tensors of type `T`, in the order of their names.
fn take<T: Element>(parameters: &Parameters) -> Result<Vec<Taken<'_, T>>> {
    let tensors = parameters.as_tensors().map(|(_, tensor)| tensor);
    tensors.filter(|tensor| of_type::<T>(tensor)).map(Taken::new).collect()
}

/// All values in chunks, the same for all collections of the same shapes.
fn chunks<'a, T: Element>(tensors: &'a mut [Taken<'_, T>]) -> impl Iterator<Item = &'a mut [T]> {
    tensors.iter_mut().flat_map(|tensor| tensor.values().chunks_mut(CHUNK))
}
