use candle_core::{DType, Tensor};

use crate::adam_step::StepSizes;
use crate::error::argument;
use crate::gradients::{Gradient, check_max_norm};
use crate::names::{Entry, same_names};
use crate::optimizer_pass::OptimizerPass;
use crate::optimizer_place::OptimizerPlace;
use crate::{Ema, Error, Gradients, Parameters, Result};

/// Coefficients of Adam (Kingma and Ba 2015).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamConfig {
    /// Decay of the first moment, in [0, 1).
    pub beta1: f64,
    /// Decay of the second moment, in [0, 1).
    pub beta2: f64,
    /// Added to the root of the second moment, after its bias correction.
    pub eps: f64,
}

/// How far one step of [`Adam`] goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepConfig {
    /// Learning rate.
    pub learning_rate: f64,
    /// Gradients whose norm is larger are scaled down to it; at least 0.
    pub max_norm: Option<f64>,
}

/// Adam with its state in the open: the moments can be saved and restored bit for bit.
///
/// The update is that of PyTorch's `Adam` without weight decay: m and v are the decayed means of g
/// and g^2, and p moves by -rate m / (1 - beta1^t) / (sqrt(v) / sqrt(1 - beta2^t) + eps).
///
/// Everything is where the parameters are. On a GPU a step is a handful of launches whatever the
/// number of tensors; [`Adam::step`] waits for the norm, [`Adam::prepare`] and [`Adam::enqueue`] do
/// the same without waiting, and the second can be captured in a CUDA graph:
///
/// ```
/// # use std::collections::BTreeMap;
/// # use candle_core::{Device, Tensor};
/// # use realuid_ops::{Adam, AdamConfig, Gradients, Parameters};
/// # let tensor = Tensor::new(&[3.0_f32, 4.0], &Device::Cpu)?;
/// # let parameters = Parameters::from_tensors(&BTreeMap::from([("p".to_owned(), tensor)]))?;
/// # let loss = (parameters.get("p").unwrap().sqr()?.sum_all()? * 0.5)?;
/// # let gradients = Gradients::of(&loss, &parameters)?;
/// let config = AdamConfig { beta1: 0.9, beta2: 0.999, eps: 1e-8 };
/// let mut adam = Adam::new(&parameters, config)?;
/// adam.prepare(1e-4)?; // before every enqueue, and before every replay of a captured one
/// let norm = adam.enqueue(&parameters, &gradients, Some(1.0), None)?;
/// assert_eq!(norm.to_scalar::<f64>()?, 5.0); // where values are logged: this waits
/// assert_eq!(adam.refused_steps()?, 0);
/// # Ok::<(), realuid_ops::Error>(())
/// ```
pub struct Adam {
    config: AdamConfig,
    pub(crate) step: u64,
    /// The learning rate of the step counted last, until it is made.
    pub(crate) prepared: Option<f64>,
    /// m of every parameter.
    pub(crate) first: Parameters,
    /// v of every parameter.
    pub(crate) second: Parameters,
    place: OptimizerPlace,
}

impl Adam {
    /// Zero moments for every parameter; they are f32 or f64, on a GPU f32.
    pub fn new(parameters: &Parameters, config: AdamConfig) -> Result<Self> {
        let decays = [config.beta1, config.beta2];
        let valid = decays.iter().all(|beta| (0.0..1.0).contains(beta)) && config.eps >= 0.0;
        if !valid {
            let expected = "beta1 and beta2 in [0, 1) and eps of at least 0";
            return Err(argument("Adam::new", expected, format!("{config:?}")));
        }
        let device = parameters.device();
        let (supported, expected): (&[DType], _) = if device.is_cuda() {
            (&[DType::F32], "parameters of dtype F32 on a GPU")
        } else {
            (&[DType::F32, DType::F64], "parameters of dtype F32 or F64")
        };
        let mut dtypes = parameters.as_tensors().map(|(_, tensor)| tensor.dtype());
        if let Some(other) = dtypes.find(|dtype| !supported.contains(dtype)) {
            return Err(argument("Adam::new", expected, format!("{other:?}")));
        }
        let (first, second) = (parameters.zeros()?, parameters.zeros()?);
        let place = OptimizerPlace::new(&device)?;
        Ok(Self { config, step: 0, prepared: None, first, second, place })
    }

    /// Number of updates made, or prepared to be made.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// One update of `parameters` in place with learning rate `learning_rate`.
    ///
    /// Names, shapes and dtypes must be those this was made for; when they are not, nothing is
    /// changed and [`crate::Error::Parameters`] lists what differs.
    pub fn update(
        &mut self,
        parameters: &Parameters,
        gradients: &Gradients,
        learning_rate: f64,
    ) -> Result<()> {
        self.check(parameters, gradients)?;
        self.attempt(learning_rate, |adam| {
            let sizes = adam.sizes(learning_rate);
            let Self { first, second, place, .. } = adam;
            place.run(&OptimizerPass { parameters, gradients, first, second, averages: &[], sizes })
        })
    }

    /// A training step: what [`Gradients::clip`], [`Adam::update`] and [`Ema::update`] do one after
    /// the other, to the same bits on the CPU, but with one pass over memory; returns the norm before
    /// clipping.
    ///
    /// Where that norm is not finite the result is [`Error::NotFinite`]; names, shapes and dtypes
    /// must fit as in the single steps. After an error nothing has changed. The values of all
    /// tensors written are taken out of them meanwhile, so other threads must leave them alone.
    pub fn step(
        &mut self,
        parameters: &Parameters,
        gradients: &Gradients,
        config: StepConfig,
        averages: Option<&mut Ema>,
    ) -> Result<f64> {
        let StepConfig { learning_rate, max_norm } = config;
        self.attempt(learning_rate, |adam| {
            let norm = adam.enqueue(parameters, gradients, max_norm, averages)?;
            let value = norm.to_scalar::<f64>()?;
            if value.is_finite() {
                return Ok(value);
            }
            let (operation, quantity) = ("Adam::step", "gradient norm");
            Err(Error::NotFinite { operation, quantity, value })
        })
    }

    /// Begins the next step: counts it, and puts its learning rate and bias corrections where
    /// [`Adam::enqueue`] finds them.
    ///
    /// On a GPU that is memory of the device, written by a launch that waits for nothing. Where steps
    /// are replayed from a graph this comes before every replay, and not while it is captured.
    pub fn prepare(&mut self, learning_rate: f64) -> Result<()> {
        let step = self.step + 1;
        self.place.prepare(StepSizes { step, ..self.sizes(learning_rate) })?;
        (self.step, self.prepared) = (step, Some(learning_rate));
        Ok(())
    }

    /// Takes back what [`Adam::prepare`] began, where the step was not made: one that was recorded as a
    /// graph, or given up.
    pub fn withdraw(&mut self) {
        self.step -= 1;
        self.prepared = None;
    }

    /// Makes the step that [`Adam::prepare`] began, as [`Adam::step`] does, without waiting for a GPU;
    /// returns the norm before clipping, one F64 scalar on the device of the parameters.
    ///
    /// Where that norm is not finite, neither parameters nor moments nor averages change, and
    /// [`Adam::refused_steps`] counts one more. The step count has gone on nevertheless, so later bias
    /// corrections would be those of one step more: take it as the end of the run, or
    /// [`Adam::restore`]. After an error nothing has changed but the step count.
    ///
    /// On a GPU the result is always the same memory, which the next step overwrites. Nothing is
    /// copied from the host and no memory depends on values, so a CUDA graph can capture this. Such a
    /// graph has fixed `max_norm`, the coefficients, and where all tensors are: they must live as long
    /// as it is replayed.
    pub fn enqueue(
        &mut self,
        parameters: &Parameters,
        gradients: &Gradients,
        max_norm: Option<f64>,
        averages: Option<&mut Ema>,
    ) -> Result<Tensor> {
        self.check(parameters, gradients)?;
        averages.as_ref().map_or(Ok(()), |averages| averages.check(parameters))?;
        max_norm.map_or(Ok(()), |max_norm| check_max_norm("Adam::enqueue", max_norm))?;
        let Some(learning_rate) = self.prepared.take() else {
            let expected = "a step that Adam::prepare began";
            return Err(argument("Adam::enqueue", expected, "none, or one that was made already"));
        };
        let sizes = self.sizes(learning_rate);
        let averages = averages.map_or(&[][..], |averages| averages.averages());
        let Self { first, second, place, .. } = self;
        let mut pass = OptimizerPass { parameters, gradients, first, second, averages, sizes };
        place.run_clipped(&mut pass, max_norm)
    }

    /// Steps that were refused because of a norm that was not finite. Waits for a GPU, so it is for
    /// where values are logged.
    pub fn refused_steps(&self) -> Result<u64> {
        self.place.refused()
    }

    /// What `step` makes of a prepared step; an error takes it back.
    fn attempt<R>(
        &mut self,
        learning_rate: f64,
        step: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        self.prepare(learning_rate)?;
        let result = step(self);
        match result {
            Ok(_) => self.prepared = None,
            Err(_) => self.withdraw(),
        }
        result
    }

    /// Fails unless both fit what this was made for.
    fn check(&self, parameters: &Parameters, gradients: &Gradients) -> Result<()> {
        let (own, given) = (self.first.as_tensors(), parameters.as_tensors());
        let operation = "Adam, against the parameters it was made for";
        same_names(operation, own.map(Entry::of), given.map(Entry::of))?;
        let (given, others) = (parameters.as_tensors(), gradients.iter());
        same_names("Adam, gradients", given.map(Entry::of), others.map(Gradient::entry))
    }

    /// The step counted last, with gradients as they are.
    fn sizes(&self, learning_rate: f64) -> StepSizes {
        StepSizes { config: self.config, step: self.step, learning_rate, factor: 1.0 }
    }
}
