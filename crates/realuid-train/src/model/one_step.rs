use candle_core::Tensor;
use realuid_models::{Condition, Network};
use realuid_paths::{Interpolant, Prediction};

use crate::Result;

/// The generator of a matching model: its network's own prediction of the data at one time.
///
/// G(z) = data-prediction of net(b(t) z, t) at the initial time t, b the path's source coefficient
/// (arXiv 2509.22459, section 4). On the linear path at t = 0 this is z + velocity(z, 0).
pub struct OneStep<'a> {
    /// The path of the teacher.
    pub interpolant: &'a dyn Interpolant,
    /// What the network predicts.
    pub prediction: Prediction,
    /// Native time of the evaluation.
    pub initial_time: f64,
}

impl OneStep<'_> {
    /// Standard normal `noise` `[B, ...]` to samples of the same shape, in one evaluation of `network`.
    pub fn generate(
        &self,
        network: &dyn Network,
        noise: &Tensor,
        condition: &Condition,
    ) -> Result<Tensor> {
        let t = Tensor::full(self.initial_time, noise.dim(0)?, noise.device())?
            .to_dtype(noise.dtype())?;
        let scale = self.interpolant.coefficients(&t)?.source;
        let ones = vec![1; noise.rank() - 1];
        let shape = [&[noise.dim(0)?], ones.as_slice()].concat();
        let x = noise.broadcast_mul(&scale.reshape(shape)?)?;
        let value = network.forward(&x, &t, condition)?;
        Ok(self.interpolant.convert(&value, self.prediction, Prediction::Data, &x, &t)?)
    }
}
