use std::collections::BTreeMap;

use candle_core::{DType, Tensor, Var};

use crate::adam_step::StepSizes;
use crate::error::argument;
use crate::gradients::{Gradient, check_max_norm, clip_factor};
use crate::names::{Entry, same_names};
use crate::optimizer_pass::OptimizerPass;
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
pub struct Adam {
    config: AdamConfig,
    step: u64,
    /// m of every parameter.
    first: Parameters,
    /// v of every parameter.
    second: Parameters,
}

impl Adam {
    /// Zero moments for every parameter; they are f32 or f64.
    pub fn new(parameters: &Parameters, config: AdamConfig) -> Result<Self> {
        let decays = [config.beta1, config.beta2];
        let valid = decays.iter().all(|beta| (0.0..1.0).contains(beta)) && config.eps >= 0.0;
        if !valid {
            let expected = "beta1 and beta2 in [0, 1) and eps of at least 0";
            return Err(argument("Adam::new", expected, format!("{config:?}")));
        }
        let supported = |dtype: &DType| matches!(dtype, DType::F32 | DType::F64);
        let mut dtypes = parameters.as_tensors().map(|(_, tensor)| tensor.dtype());
        if let Some(other) = dtypes.find(|dtype| !supported(dtype)) {
            let expected = "parameters of dtype F32 or F64";
            return Err(argument("Adam::new", expected, format!("{other:?}")));
        }
        Ok(Self { config, step: 0, first: parameters.zeros()?, second: parameters.zeros()? })
    }

    /// Number of updates made.
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
        self.apply(parameters, gradients, &[], self.sizes(learning_rate, 1.0))
    }

    /// A training step: what [`Gradients::clip`], [`Adam::update`] and [`Ema::update`] do one after
    /// the other, to the same bits, but with one pass over memory; returns the norm before clipping.
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
        self.check(parameters, gradients)?;
        averages.as_ref().map_or(Ok(()), |averages| averages.check(parameters))?;
        max_norm.map_or(Ok(()), |max_norm| check_max_norm("Adam::step", max_norm))?;
        let norm = gradients.norm()?;
        if !norm.is_finite() {
            let (operation, quantity) = ("Adam::step", "gradient norm");
            return Err(Error::NotFinite { operation, quantity, value: norm });
        }
        let factor = max_norm.map_or(1.0, |max_norm| clip_factor(max_norm, norm).min(1.0));
        let averages = averages.map_or(&[][..], |averages| averages.averages());
        self.apply(parameters, gradients, averages, self.sizes(learning_rate, factor))?;
        Ok(norm)
    }

    /// Fails unless both fit what this was made for.
    fn check(&self, parameters: &Parameters, gradients: &Gradients) -> Result<()> {
        let (own, given) = (self.first.as_tensors(), parameters.as_tensors());
        let operation = "Adam, against the parameters it was made for";
        same_names(operation, own.map(Entry::of), given.map(Entry::of))?;
        let (given, others) = (parameters.as_tensors(), gradients.iter());
        same_names("Adam, gradients", given.map(Entry::of), others.map(Gradient::entry))
    }

    /// The next step with `factor` times the gradients.
    fn sizes(&self, learning_rate: f64, factor: f64) -> StepSizes {
        StepSizes { config: self.config, step: self.step + 1, learning_rate, factor }
    }

    /// Makes the step that `sizes` describes.
    fn apply(
        &mut self,
        parameters: &Parameters,
        gradients: &Gradients,
        averages: &[(f64, Parameters)],
        sizes: StepSizes,
    ) -> Result<()> {
        let (first, second) = (&self.first, &self.second);
        OptimizerPass { parameters, gradients, first, second, averages, sizes }.run()?;
        self.step = sizes.step;
        Ok(())
    }

    /// A copy of the whole state as named tensors: `first/NAME`, `second/NAME`.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        self.named().into_iter().map(|(name, var)| (name, copy(var))).collect()
    }

    /// Restores what [`Adam::state`] and [`Adam::step_count`] gave.
    ///
    /// When names, shapes or dtypes differ, nothing is changed and [`crate::Error::Parameters`]
    /// lists every missing, unexpected and misshapen name.
    pub fn restore(&mut self, state: &BTreeMap<String, Tensor>, step: u64) -> Result<()> {
        let own = self.named();
        let expected = own.iter().map(|(name, var)| Entry::of((name, var.as_tensor())));
        let found = state.iter().map(|(name, tensor)| Entry::of((name, tensor)));
        same_names("restoring Adam", expected, found)?;
        for (var, tensor) in own.into_values().zip(state.values()) {
            var.set(&tensor.force_contiguous()?)?;
        }
        self.step = step;
        Ok(())
    }

    /// The moments under the names of [`Adam::state`].
    fn named(&self) -> BTreeMap<String, &Var> {
        let first = self.first.iter().map(|(name, var)| (format!("first/{name}"), var));
        let second = self.second.iter().map(|(name, var)| (format!("second/{name}"), var));
        first.chain(second).collect()
    }
}

fn copy(var: &Var) -> Tensor {
    // Detached: moments are no part of any graph, and neither are their copies.
    var.detach().copy().expect("tensors on the CPU can be copied")
}
