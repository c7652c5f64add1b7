//! What follows the gradients of a training step.

use anyhow::{Context, Result};
use realuid_ops::{Adam, AdamConfig, Ema, Gradients, Parameters, StepConfig};

use crate::cost::Cost;
use crate::network::{Network, parameters};
use crate::place::Place;
use crate::workload::{Execution, Workload};

pub fn workloads() -> Vec<Box<dyn Workload>> {
    vec![Box::new(Update)]
}

/// Norm, clipping, Adam and three averages of all parameters of the UNet.
struct Update;

impl Workload for Update {
    fn name(&self) -> String {
        "optimizer/unet-3-averages".into()
    }

    fn cost(&self) -> Cost {
        // Read twice: the gradient, of which the norm comes first. Read and written: the parameter,
        // two moments, three averages.
        Cost::bytes(4.0 * 35_746_307.0 * (2.0 + 2.0 * 6.0))
    }

    fn prepare(&self, place: &Place) -> Result<Execution> {
        let parameters = parameters(&Network::Published.config(), &place.device)?;
        let gradients = gradients(&parameters)?;
        let config = AdamConfig { beta1: 0.9, beta2: 0.999, eps: 1e-8 };
        let mut adam = Adam::new(&parameters, config)?;
        let mut ema = Ema::new(&parameters, &[0.999, 0.9996, 0.9999])?;
        Ok(Box::new(move || {
            let config = StepConfig { learning_rate: 1e-5, max_norm: Some(1.0) };
            adam.step(&parameters, &gradients, config, Some(&mut ema))?;
            Ok(())
        }))
    }
}

/// Gradients without zeros, of a norm far above that to which they are clipped.
fn gradients(parameters: &Parameters) -> Result<Gradients> {
    let mut loss = None;
    for (_, parameter) in parameters.iter() {
        let term = parameter.affine(1.0, 0.5)?.sqr()?.sum_all()?;
        loss = Some(match loss {
            Some(loss) => (loss + term)?,
            None => term,
        });
    }
    Ok(Gradients::of(&loss.context("the network has no parameters")?, parameters)?)
}
