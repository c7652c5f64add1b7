use crate::{Parameters, Result};

/// Exponential moving averages of one network's parameters, several decays at once.
pub struct Ema {
    averages: Vec<(f64, Parameters)>,
}

impl Ema {
    /// One average per decay, each starting from the current values.
    pub fn new(parameters: &Parameters, decays: &[f64]) -> Result<Self> {
        let averages =
            decays.iter().map(|&d| Ok((d, parameters.fork()?))).collect::<Result<Vec<_>>>()?;
        Ok(Self { averages })
    }

    /// average <- decay * average + (1 - decay) * parameters, for every decay.
    pub fn update(&mut self, parameters: &Parameters) -> Result<()> {
        for (decay, average) in &self.averages {
            for (name, var) in average.iter() {
                let p = parameters.get(name).expect("the same parameters");
                var.set(&((var.as_tensor() * *decay)? + (p.as_tensor() * (1.0 - decay))?)?)?;
            }
        }
        Ok(())
    }

    /// The averages with their decays, in the order given.
    pub fn averages(&self) -> &[(f64, Parameters)] {
        &self.averages
    }
}
