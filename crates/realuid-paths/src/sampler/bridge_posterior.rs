use candle_core::Tensor;

use crate::path_point::carry;
use crate::{Error, Interpolant, PathPoint, PathSampler, Result, Step};

/// Ancestral sampling of a bridge: one evaluation a step, order 1 in the distribution.
///
/// x_to is drawn from the pinned diffusion given x_from and the predicted data, which needs no
/// source: N(b_to/b x + (a_to - a b_to/b) data, c_to^2 - (b_to/b)^2 c^2) (ours from the
/// coefficients: a Markov process between fixed ends forgets its source given x_from). On a Brownian
/// bridge this is equation 4 of Liu et al. (I2SB, arXiv 2302.05872), and it holds for the bridges of
/// any linear diffusion (Zhou et al., DDBM, arXiv 2309.16948). Exact for any grid where the data are
/// one point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BridgePosterior;

impl PathSampler for BridgePosterior {
    fn step(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let (from, to) = step.points()?;
        let data = step.predict(x, step.interval.from)?;
        draw(x, &data, (&from, &to), step)
    }

    fn check(&self, path: &dyn Interpolant) -> Result<()> {
        super::need_latent(path, "ancestral sampling of a bridge")
    }
}

/// x_to given the points `x` and their `data`.
pub(super) fn draw(
    x: &Tensor,
    data: &Tensor,
    (from, to): (&PathPoint, &PathPoint),
    step: &mut Step<'_>,
) -> Result<Tensor> {
    let keep = to.source / from.source;
    let mean = carry(x, data, (from, to), keep)?;
    let std = posterior_std(from, to, keep)?;
    if std == 0.0 {
        return Ok(mean);
    }
    Ok((mean + (step.normal(x)? * std)?)?)
}

fn posterior_std(from: &PathPoint, to: &PathPoint, keep: f64) -> Result<f64> {
    let (before, after) = ((keep * from.latent).powi(2), to.latent.powi(2));
    if after - before >= -1e-9 * after {
        return Ok((after - before).max(0.0).sqrt());
    }
    Err(Error::argument(
        "sampling a bridge",
        "a path whose latent is that of a diffusion pinned at its ends; sample other paths by \
         their velocity",
        format!(
            "less latent variance at the later point, {after}, than is carried there, {before}"
        ),
    ))
}
