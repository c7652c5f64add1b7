use candle_core::Tensor;

use crate::path_point::carry;
use crate::{Estimate, Interpolant, PathPoint, PathSampler, Result, Step};

/// DPM-Solver++ (2M): one evaluation a step, order 2 with the help of the step before; for the
/// probability flow of a Gaussian path (Lu et al., arXiv 2211.01095, algorithm 2).
///
/// With h the step in l = ln(a/b) and h_0 the step before, the data prediction D is extrapolated to
/// D + h/(2 h_0) (D - D_0), and x_to = b_to/b x + (a_to - a b_to/b) D. The first step is of order 1,
/// and so is one from or to an end of the path, where l is infinite. Fits
/// [`log_snr_grid`](crate::log_snr_grid).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DpmSolver;

impl PathSampler for DpmSolver {
    fn step(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let (from, to) = step.points()?;
        let time = step.interval.from;
        let data = step.predict(x, time)?;
        let previous = step.remember(Estimate { time, data: data.clone() });
        let data = match previous {
            Some(before) => {
                let weight = extrapolation(&step.point(before.time)?, &from, &to);
                ((&data * (1.0 + weight))? - (before.data * weight)?)?
            }
            None => data,
        };
        carry(x, &data, (&from, &to), to.source / from.source)
    }

    fn check(&self, path: &dyn Interpolant) -> Result<()> {
        super::refuse_latent(path, "DPM-Solver++")
    }
}

/// h / (2 h_0); 0 where either step has no length in l.
fn extrapolation(before: &PathPoint, from: &PathPoint, to: &PathPoint) -> f64 {
    let last = from.log_ratio() - before.log_ratio();
    let next = to.log_ratio() - from.log_ratio();
    if last.is_finite() && next.is_finite() { next / (2.0 * last) } else { 0.0 }
}
