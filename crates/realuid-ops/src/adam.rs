use std::collections::BTreeMap;

use candle_core::Tensor;

use crate::adam_step::{Moments, StepSizes};
use crate::error::argument;
use crate::names::{Entry, same_names};
use crate::{Gradients, Parameters, Result};

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

/// Adam with its state in the open: the moments can be saved and restored bit for bit.
///
/// The update is that of PyTorch's `Adam` without weight decay: m and v are the decayed means of g
/// and g^2, and p moves by -rate m / (1 - beta1^t) / (sqrt(v) / sqrt(1 - beta2^t) + eps).
pub struct Adam {
    config: AdamConfig,
    step: u64,
    moments: BTreeMap<String, Moments>,
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
        let mut moments = BTreeMap::new();
        for (name, parameter) in parameters.iter() {
            moments.insert(name.to_owned(), Moments::zeros(parameter)?);
        }
        Ok(Self { config, step: 0, moments })
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
        let own = self.moments.iter().map(|(name, moments)| moments.entry(name));
        let given = parameters.as_tensors().map(Entry::of);
        same_names("Adam, against the parameters it was made for", own, given)?;
        let (given, others) = (parameters.as_tensors(), gradients.iter());
        same_names("Adam, gradients", given.map(Entry::of), others.map(Entry::of))?;
        self.step += 1;
        let sizes = StepSizes::new(self.config, self.step, learning_rate);
        let pairs = parameters.iter().zip(gradients.iter());
        for (moments, ((_, parameter), (_, gradient))) in self.moments.values_mut().zip(pairs) {
            moments.step(parameter, gradient, sizes)?;
        }
        Ok(())
    }

    /// A copy of the whole state as named tensors: `first/NAME`, `second/NAME`.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        let mut state = BTreeMap::new();
        for (name, moments) in &self.moments {
            let [first, second] = moments.tensors();
            state.insert(format!("first/{name}"), first);
            state.insert(format!("second/{name}"), second);
        }
        state
    }

    /// Restores what [`Adam::state`] and [`Adam::step_count`] gave.
    ///
    /// When names, shapes or dtypes differ, nothing is changed and [`crate::Error::Parameters`]
    /// lists every missing, unexpected and misshapen name.
    pub fn restore(&mut self, state: &BTreeMap<String, Tensor>, step: u64) -> Result<()> {
        let own = self.state();
        let entries = |map| BTreeMap::iter(map).map(|(name, t): (&String, _)| Entry::of((name, t)));
        same_names("restoring Adam", entries(&own), entries(state))?;
        for (name, moments) in &mut self.moments {
            let first = state.get(&format!("first/{name}"));
            if let (Some(first), Some(second)) = (first, state.get(&format!("second/{name}"))) {
                moments.assign(first, second)?;
            }
        }
        self.step = step;
        Ok(())
    }
}
