use candle_core::{Device, Tensor};

use crate::{Error, Interpolant, Result, TimeSpan};

/// The coefficients of a path at one time, as numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathPoint {
    /// a(t), of the data end.
    pub data: f64,
    /// b(t), of the source end.
    pub source: f64,
    /// c(t), of the latent noise.
    pub latent: f64,
    /// a'(t).
    pub data_rate: f64,
    /// b'(t).
    pub source_rate: f64,
}

impl PathPoint {
    /// The coefficients of `path` at the native time `time`, computed in f64.
    pub fn of(path: &dyn Interpolant, time: f64) -> Result<Self> {
        let k = path.coefficients(&Tensor::new(&[time], &Device::Cpu)?)?;
        let number = |t: &Tensor| t.get(0)?.to_scalar::<f64>();
        Ok(Self {
            data: number(&k.data)?,
            source: number(&k.source)?,
            latent: number(&k.latent)?,
            data_rate: number(&k.data_rate)?,
            source_rate: number(&k.source_rate)?,
        })
    }

    /// ln(a / b), half the log-SNR of a Gaussian path; infinite at its ends.
    pub fn log_ratio(&self) -> f64 {
        libm::log(self.data) - libm::log(self.source)
    }

    /// This point, unless it holds nothing of the source, where no sampler can begin a step.
    pub(crate) fn with_source(self, time: f64) -> Result<Self> {
        if self.source != 0.0 {
            return Ok(self);
        }
        Err(Error::argument(
            "sampling towards the data",
            "steps that begin where the path holds some of its source",
            format!("a step from the time {time}, at the data end; end the grid there"),
        ))
    }
}

/// The native time at which ln(a / b) of `path` is `log_ratio`, to the last bit of f64, or its end where
/// it does not reach that: found by bisection, because the ratio falls from the data to the source.
pub fn time_at_log_ratio(path: &dyn Interpolant, log_ratio: f64) -> Result<f64> {
    // Each halves the interval, and f64 tells no more apart, also next to a time of zero.
    const HALVINGS: usize = 200;
    let TimeSpan { mut data, mut source } = path.times();
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(data, source);
        if PathPoint::of(path, middle)?.log_ratio() >= log_ratio {
            data = middle;
        } else {
            source = middle;
        }
    }
    Ok(f64::midpoint(data, source))
}

/// The points `x` [B, ..] of one time carried to another, given `data`, the prediction of their data
/// ends: what is not data is multiplied by `keep`, so that
/// x_to = a_to data + keep (x_from - a_from data).
pub(crate) fn carry(
    x: &Tensor,
    data: &Tensor,
    (from, to): (&PathPoint, &PathPoint),
    keep: f64,
) -> Result<Tensor> {
    Ok(((x * keep)? + (data * (to.data - from.data * keep))?)?)
}
