use std::sync::Mutex;

use candle_core::{
    CpuStorage, DType, Device, InplaceOp2, Layout, Result as CandleResult, Shape, Tensor,
};
use rayon::prelude::*;

use crate::element::Element;
use crate::error::argument;
use crate::names::Entry;
use crate::parallel::vectorised;
use crate::storage::{contiguous_slice, in_place_slice};
use crate::{AdamConfig, Result};

/// Elements per task.
const CHUNK: usize = 1 << 14;

/// The numbers of one step, the same for every parameter.
#[derive(Clone, Copy)]
pub(crate) struct StepSizes {
    beta1: f64,
    beta2: f64,
    eps: f64,
    /// rate / (1 - beta1^t).
    size: f64,
    /// sqrt(1 - beta2^t).
    root: f64,
}

impl StepSizes {
    /// `step` counts from 1.
    pub fn new(config: AdamConfig, step: u64, learning_rate: f64) -> Self {
        let AdamConfig { beta1, beta2, eps } = config;
        // `libm`: the same bits on every machine.
        let correction = |beta: f64| 1.0 - libm::pow(beta, step as f64);
        let (size, root) = (learning_rate / correction(beta1), correction(beta2).sqrt());
        Self { beta1, beta2, eps, size, root }
    }
}

/// Both moments of one parameter.
pub(crate) struct Moments {
    shape: Shape,
    values: Values,
}

enum Values {
    F32(Pair<f32>),
    F64(Pair<f64>),
}

struct Pair<T> {
    first: Vec<T>,
    second: Vec<T>,
}

impl Moments {
    pub fn zeros(parameter: &Tensor) -> Result<Self> {
        let n = parameter.elem_count();
        let values = match parameter.dtype() {
            DType::F32 => Values::F32(Pair { first: vec![0.0; n], second: vec![0.0; n] }),
            DType::F64 => Values::F64(Pair { first: vec![0.0; n], second: vec![0.0; n] }),
            other => {
                let found = format!("{other:?}");
                return Err(argument("Adam::new", "parameters of dtype F32 or F64", found));
            }
        };
        Ok(Self { shape: parameter.shape().clone(), values })
    }

    /// What the parameter must look like.
    pub fn entry<'a>(&'a self, name: &'a str) -> Entry<'a> {
        let dtype = match self.values {
            Values::F32(_) => DType::F32,
            Values::F64(_) => DType::F64,
        };
        Entry { name, shape: &self.shape, dtype }
    }

    /// Copies of the first and the second moment.
    pub fn tensors(&self) -> [Tensor; 2] {
        match &self.values {
            Values::F32(pair) => pair.tensors(&self.shape),
            Values::F64(pair) => pair.tensors(&self.shape),
        }
    }

    /// Overwrites both; their shapes and dtypes have been checked.
    pub fn assign(&mut self, first: &Tensor, second: &Tensor) -> Result<()> {
        match &mut self.values {
            Values::F32(pair) => pair.assign(first, second),
            Values::F64(pair) => pair.assign(first, second),
        }
    }

    /// Moves `parameter` against `gradient`, in one pass over all four arrays.
    pub fn step(&mut self, parameter: &Tensor, gradient: &Tensor, sizes: StepSizes) -> Result<()> {
        match &mut self.values {
            Values::F32(pair) => pair.step(parameter, gradient, sizes),
            Values::F64(pair) => pair.step(parameter, gradient, sizes),
        }
    }
}

impl<T: Element> Pair<T> {
    fn tensors(&self, shape: &Shape) -> [Tensor; 2] {
        [&self.first, &self.second].map(|values| {
            Tensor::from_slice(values, shape, &Device::Cpu).expect("one value per element")
        })
    }

    fn assign(&mut self, first: &Tensor, second: &Tensor) -> Result<()> {
        self.first = first.flatten_all()?.to_vec1()?;
        self.second = second.flatten_all()?.to_vec1()?;
        Ok(())
    }

    fn step(&mut self, parameter: &Tensor, gradient: &Tensor, sizes: StepSizes) -> Result<()> {
        Ok(parameter.inplace_op2(gradient, &Step { moments: Mutex::new(self), sizes })?)
    }
}

/// One step as candle sees it; it lends only the parameter mutably, hence the lock.
struct Step<'a, T> {
    moments: Mutex<&'a mut Pair<T>>,
    sizes: StepSizes,
}

impl<T: Element> InplaceOp2 for Step<'_, T> {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn cpu_fwd(
        &self,
        parameter: &mut CpuStorage,
        parameter_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> CandleResult<()> {
        let gradient = contiguous_slice::<T>(gradient, gradient_layout)?;
        let parameter = in_place_slice::<T>(parameter, parameter_layout)?;
        let mut moments = self.moments.lock().expect("no other thread holds the lock");
        let Pair { first, second } = &mut **moments;
        let coefficients = Coefficients::new(self.sizes);
        if parameter.len() <= CHUNK {
            vectorised(|| coefficients.apply(parameter, gradient, first, second));
            return Ok(());
        }
        parameter
            .par_chunks_mut(CHUNK)
            .zip(gradient.par_chunks(CHUNK))
            .zip(first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK)))
            .for_each(|((p, g), (m, v))| vectorised(|| coefficients.apply(p, g, m, v)));
        Ok(())
    }
}

/// [`StepSizes`] in the parameters' own precision.
#[derive(Clone, Copy)]
struct Coefficients<T> {
    beta1: T,
    rest1: T,
    beta2: T,
    rest2: T,
    eps: T,
    size: T,
    root: T,
}

impl<T: Element> Coefficients<T> {
    fn new(sizes: StepSizes) -> Self {
        let StepSizes { beta1, beta2, eps, size, root } = sizes;
        Self {
            beta1: T::from_f64(beta1),
            rest1: T::from_f64(1.0 - beta1),
            beta2: T::from_f64(beta2),
            rest2: T::from_f64(1.0 - beta2),
            eps: T::from_f64(eps),
            size: T::from_f64(size),
            root: T::from_f64(root),
        }
    }

    #[inline(always)]
    fn apply(self, parameter: &mut [T], gradient: &[T], first: &mut [T], second: &mut [T]) {
        let moments = first.iter_mut().zip(second);
        for ((p, g), (m, v)) in parameter.iter_mut().zip(gradient).zip(moments) {
            *m = *m * self.beta1 + *g * self.rest1;
            *v = *v * self.beta2 + *g * *g * self.rest2;
            *p -= self.size * *m / (v.sqrt() / self.root + self.eps);
        }
    }
}
