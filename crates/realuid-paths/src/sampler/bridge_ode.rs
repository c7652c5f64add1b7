use candle_core::Tensor;

use super::bridge_posterior;
use crate::broadcast::check_same_shape;
use crate::path_point::carry;
use crate::{Interpolant, PathSampler, Result, Step};

/// The ordinary differential equation of a bridge whose source end is known: one evaluation a step,
/// order 1 (Zheng et al., DBIM, arXiv 2405.15885, equation 11 with rho = 0).
///
/// The latent is what x_from holds beside the predicted data and the source, and is kept:
/// x_to = a_to data + b_to source + c_to/c (x - a data - b source). At the source end there is none
/// yet, so a first step from there draws it, once, as [`BridgePosterior`](crate::BridgePosterior)
/// does. The data prediction must know the source (E[data | x_t, source]) for the ends to be
/// distributed like the data given it.
#[derive(Clone, Debug)]
pub struct BridgeOde {
    /// The source ends of the items [B, ..].
    pub source: Tensor,
}

impl PathSampler for BridgeOde {
    fn step(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        check_same_shape(x, &self.source, "sampling a bridge from its source")?;
        let (from, to) = step.points()?;
        let data = step.predict(x, step.interval.from)?;
        if from.latent == 0.0 {
            return bridge_posterior::draw(x, &data, (&from, &to), step);
        }
        let keep = to.latent / from.latent;
        let rest = (&self.source * (to.source - from.source * keep))?;
        Ok((carry(x, &data, (&from, &to), keep)? + rest)?)
    }

    fn check(&self, path: &dyn Interpolant) -> Result<()> {
        super::need_latent(path, "the equation of a bridge")
    }
}
