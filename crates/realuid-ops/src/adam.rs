use std::collections::BTreeMap;

use candle_core::Tensor;

use crate::{Gradients, Parameters, Result};

/// Coefficients of Adam (Kingma and Ba 2015).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamConfig {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
}

/// Adam with its state in the open: the moments can be saved and restored bit for bit.
pub struct Adam {
    config: AdamConfig,
    step: u64,
    first: BTreeMap<String, Tensor>,
    second: BTreeMap<String, Tensor>,
}

impl Adam {
    /// Zero moments for every parameter.
    pub fn new(parameters: &Parameters, config: AdamConfig) -> Result<Self> {
        let mut first = BTreeMap::new();
        for (n, v) in parameters.iter() {
            first.insert(n.to_owned(), v.zeros_like()?);
        }
        Ok(Self { config, step: 0, second: first.clone(), first })
    }

    /// Number of updates made.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// One update of `parameters` in place with learning rate `learning_rate`.
    pub fn update(&mut self, parameters: &Parameters, gradients: &Gradients, learning_rate: f64) -> Result<()> {
        self.step += 1;
        let AdamConfig { beta1, beta2, eps } = self.config;
        let c1 = 1.0 - beta1.powi(self.step as i32);
        let c2 = 1.0 - beta2.powi(self.step as i32);
        for (name, var) in parameters.iter() {
            let g = gradients.get(name).expect("gradients of the same parameters");
            let m = ((&self.first[name] * beta1)? + (g * (1.0 - beta1))?)?;
            let v = ((&self.second[name] * beta2)? + (g.sqr()? * (1.0 - beta2))?)?;
            let update = ((&m / c1)? / ((&v / c2)?.sqrt()? + eps)?)?;
            var.set(&(var.as_tensor() - (update * learning_rate)?)?)?;
            self.first.insert(name.to_owned(), m);
            self.second.insert(name.to_owned(), v);
        }
        Ok(())
    }

    /// The whole state as named tensors: `first/NAME`, `second/NAME`.
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        let tag = |kind: &str, map: &BTreeMap<String, Tensor>| -> Vec<(String, Tensor)> {
            map.iter().map(|(n, t)| (format!("{kind}/{n}"), t.clone())).collect()
        };
        tag("first", &self.first).into_iter().chain(tag("second", &self.second)).collect()
    }

    /// Restores what [`Adam::state`] and [`Adam::step_count`] gave; strict about names and shapes.
    pub fn restore(&mut self, state: &BTreeMap<String, Tensor>, step: u64) -> Result<()> {
        self.step = step;
        for (n, t) in &mut self.first {
            *t = state[&format!("first/{n}")].clone();
        }
        for (n, t) in &mut self.second {
            *t = state[&format!("second/{n}")].clone();
        }
        Ok(())
    }
}
