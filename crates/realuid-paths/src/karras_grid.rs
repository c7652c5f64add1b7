use crate::{Error, Result};

/// Noise levels for a sampler of `steps` steps: from `high` down to `low`, evenly in
/// sigma^(1 / rho), and then 0; `steps + 1` values, the ends exact.
///
/// Karras et al., arXiv 2206.00364, equation 5; there low 0.002, high 80, rho 7. One step alone goes
/// from `high` to 0.
///
/// Fails unless 0 < low < high, all finite, rho > 0 and there is a step.
pub fn karras_grid(low: f64, high: f64, rho: f64, steps: usize) -> Result<Vec<f64>> {
    let in_order = low > 0.0 && low < high && high.is_finite();
    if !(in_order && rho > 0.0 && rho.is_finite() && steps > 0) {
        return Err(Error::argument(
            "making a grid of noise levels",
            "finite 0 < low < high, finite rho > 0 and at least one step",
            format!("low {low}, high {high}, rho {rho}, {steps} steps"),
        ));
    }
    let (first, last) = (high.powf(1.0 / rho), low.powf(1.0 / rho));
    let level = |k: usize| {
        let share = k as f64 / (steps - 1) as f64;
        (first + share * (last - first)).powf(rho)
    };
    let mut grid = vec![high];
    if steps > 1 {
        grid.extend((1..steps - 1).map(level));
        grid.push(low);
    }
    grid.push(0.0);
    Ok(grid)
}
