use candle_core::{Device, Tensor};

use crate::{Error, Interpolant, Result, TimeSpan, host};

/// A path without latent whose source is standard normal noise: a diffusion, or flow matching from
/// noise.
///
/// Such paths differ by a change of time and scale alone, and the logarithm of the signal-to-noise
/// ratio is the time they share (Kingma et al., arXiv 2107.00630, section 3): see
/// [`ChangeOfPath`](crate::ChangeOfPath).
pub trait GaussianPath: Interpolant {
    /// ln(a^2 / b^2) at the native times `t` `[B]`, shape `[B]`: infinite at an end of one
    /// coefficient alone, strictly monotone in between.
    fn log_snr(&self, t: &Tensor) -> Result<Tensor> {
        let k = self.coefficients(t)?;
        Ok(((k.data.log()? - k.source.log()?)? * 2.0)?)
    }

    /// a^2 / b^2 at the native times `t` `[B]`, shape `[B]`.
    fn snr(&self, t: &Tensor) -> Result<Tensor> {
        Ok(self.log_snr(t)?.exp()?)
    }

    /// The native times `[B]` at which the path has the log-SNR `log_snr` `[B]`: the inverse of
    /// [`log_snr`](Self::log_snr), computed in host memory in f64.
    ///
    /// Fails for a value that the path does not reach between its ends (by more than rounding).
    fn time_at_log_snr(&self, log_snr: &Tensor) -> Result<Tensor> {
        let (lowest, highest) = reach(self)?;
        let rounding = 16.0 * host::epsilon(log_snr.dtype());
        let mut values = host::values(log_snr)?;
        for value in &mut values {
            let inside = value.max(lowest).min(highest);
            let close = (*value - inside).abs() <= rounding * (1.0 + inside.abs());
            if !(close || (lowest..=highest).contains(value)) {
                return Err(Error::argument(
                    "looking for the time of a log-SNR",
                    format!(
                        "values within [{lowest}, {highest}], which the path reaches; use times \
                         further inside the other path"
                    ),
                    value.to_string(),
                ));
            }
            *value = inside;
        }
        host::tensor_like(self.invert_log_snr(&values)?, log_snr)
    }

    /// For paths to override with a closed form: the native times of values within reach.
    ///
    /// Provided by bisection between the ends, to the last bit of f64.
    fn invert_log_snr(&self, log_snr: &[f64]) -> Result<Vec<f64>> {
        bisect(self, log_snr)
    }
}

/// The log-SNR at the source end and at the data end.
fn reach(path: &(impl GaussianPath + ?Sized)) -> Result<(f64, f64)> {
    let TimeSpan { data, source } = path.times();
    let ends = host::values(&path.log_snr(&Tensor::new(&[source, data], &Device::Cpu)?)?)?;
    Ok((ends[0], ends[1]))
}

fn bisect(path: &(impl GaussianPath + ?Sized), log_snr: &[f64]) -> Result<Vec<f64>> {
    // Each halves the interval, and f64 tells no more apart, also next to a time of zero.
    const HALVINGS: usize = 200;
    let TimeSpan { data, source } = path.times();
    let mut brackets = vec![(data, source); log_snr.len()];
    for _ in 0..HALVINGS {
        let middles: Vec<f64> = brackets.iter().map(|(d, s)| f64::midpoint(*d, *s)).collect();
        let found = path.log_snr(&Tensor::new(middles.as_slice(), &Device::Cpu)?)?;
        for (k, found) in host::values(&found)?.into_iter().enumerate() {
            // Towards the data the log-SNR grows.
            if found >= log_snr[k] {
                brackets[k].0 = middles[k];
            } else {
                brackets[k].1 = middles[k];
            }
        }
    }
    Ok(brackets.into_iter().map(|(d, s)| f64::midpoint(d, s)).collect())
}
