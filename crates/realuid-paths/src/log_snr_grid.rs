use candle_core::{Device, Tensor};

use crate::integrate::check_grid;
use crate::{Error, GaussianPath, Result, host};

/// Native times from `from` to `to` at which the log-SNR of `path` has equal steps: `steps + 1`
/// values, the ends exact (Lu et al., arXiv 2206.00927).
///
/// Fails unless there is a step and both ends have a finite log-SNR: put the ends of the path itself
/// before or after the grid.
pub fn log_snr_grid(path: &dyn GaussianPath, from: f64, to: f64, steps: usize) -> Result<Vec<f64>> {
    let ends = host::values(&path.log_snr(&Tensor::new(&[from, to], &Device::Cpu)?)?)?;
    let (first, last) = (ends[0], ends[1]);
    if steps == 0 || !first.is_finite() || !last.is_finite() {
        return Err(Error::argument(
            "making a grid of equal steps in log-SNR",
            "at least one step, between times inside the path",
            format!("{steps} steps from {from} to {to}, where the log-SNR is {first} and {last}"),
        ));
    }
    let wanted: Vec<f64> =
        (1..steps).map(|k| first + (last - first) * (k as f64 / steps as f64)).collect();
    let mut grid = vec![from];
    if !wanted.is_empty() {
        grid.extend(host::values(&path.time_at_log_snr(&Tensor::new(wanted, &Device::Cpu)?)?)?);
    }
    grid.push(to);
    check_grid(&grid)?;
    Ok(grid)
}
