use candle_core::{CpuStorage, InplaceOp2, Layout, Result as CandleResult};

use crate::element::Element;
use crate::error::argument;
use crate::names::{Entry, same_names};
use crate::parallel::{chunks, vectorised};
use crate::storage::{contiguous_slice, in_place_slice};
use crate::{Parameters, Result};

/// Exponential moving averages of one network's parameters, several decays at once.
///
/// To restore one, [`Parameters::assign`] to its average.
pub struct Ema {
    averages: Vec<(f64, Parameters)>,
}

impl Ema {
    /// One average per decay in [0, 1], each starting from the current values.
    pub fn new(parameters: &Parameters, decays: &[f64]) -> Result<Self> {
        if let Some(decay) = decays.iter().find(|d| !(0.0..=1.0).contains(*d)) {
            return Err(argument("Ema::new", "decays in [0, 1]", decay.to_string()));
        }
        let averages =
            decays.iter().map(|&d| Ok((d, parameters.fork()?))).collect::<Result<Vec<_>>>()?;
        Ok(Self { averages })
    }

    /// average <- decay * average + (1 - decay) * parameters in place, for every decay.
    pub fn update(&mut self, parameters: &Parameters) -> Result<()> {
        self.check(parameters)?;
        #[cfg(feature = "cuda")]
        if parameters.device().is_cuda() {
            return crate::cuda::move_averages(&self.averages, parameters);
        }
        // Parameters outside, decays inside: a tensor is read while it is still in the cache.
        for (name, parameter) in parameters.iter() {
            for (decay, average) in &self.averages {
                if let Some(average) = average.get(name) {
                    average.inplace_op2(parameter, &Average { decay: *decay })?;
                }
            }
        }
        Ok(())
    }

    /// Fails unless names, shapes and dtypes are those of the averages.
    pub(crate) fn check(&self, parameters: &Parameters) -> Result<()> {
        for (_, average) in &self.averages {
            let (expected, found) = (average.as_tensors(), parameters.as_tensors());
            same_names("updating an average", expected.map(Entry::of), found.map(Entry::of))?;
        }
        Ok(())
    }

    /// The averages with their decays, in the order given.
    pub fn averages(&self) -> &[(f64, Parameters)] {
        &self.averages
    }
}

/// The weights of one average's two terms.
#[derive(Clone, Copy)]
pub(crate) struct Decay<T> {
    pub decay: T,
    /// 1 - decay.
    pub rest: T,
}

impl<T: Element> Decay<T> {
    pub fn new(decay: f64) -> Self {
        Self { decay: T::from_f64(decay), rest: T::from_f64(1.0 - decay) }
    }

    /// Moves the slice `average` towards `parameter`; both of one length.
    #[inline(always)]
    pub fn apply(self, average: &mut [T], parameter: &[T]) {
        for (a, p) in average.iter_mut().zip(parameter) {
            *a = *a * self.decay + *p * self.rest;
        }
    }
}

/// One average of one tensor, as candle sees it.
struct Average {
    decay: f64,
}

impl Average {
    fn run<T: Element>(
        &self,
        (average, average_layout): (&mut CpuStorage, &Layout),
        (parameter, parameter_layout): (&CpuStorage, &Layout),
    ) -> CandleResult<()> {
        const CHUNK: usize = 1 << 14;
        let parameter = contiguous_slice::<T>(parameter, parameter_layout)?;
        let average = in_place_slice::<T>(average, average_layout)?;
        let decay = Decay::new(self.decay);
        chunks(average, CHUNK, CHUNK, |i, average| {
            let parameter = &parameter[i * CHUNK..][..average.len()];
            vectorised(|| decay.apply(average, parameter));
        });
        Ok(())
    }
}

impl InplaceOp2 for Average {
    fn name(&self) -> &'static str {
        "ema"
    }

    fn cpu_fwd(
        &self,
        average: &mut CpuStorage,
        average_layout: &Layout,
        parameter: &CpuStorage,
        parameter_layout: &Layout,
    ) -> CandleResult<()> {
        let (average, parameter) = ((average, average_layout), (parameter, parameter_layout));
        match parameter.0 {
            CpuStorage::F64(_) => self.run::<f64>(average, parameter),
            // Any other dtype than F32 is refused where the slices are taken.
            _ => self.run::<f32>(average, parameter),
        }
    }
}
