use candle_core::{Device, Tensor};

use crate::conversion::any;
use crate::{Coefficients, Error, Interpolant, Prediction, Result, TimeSpan};

/// Fails where a rate that one of `predictions` is made of is infinite at one of the times of `k`.
///
/// Most paths have finite rates up to their ends; for them nothing is read back from the device.
pub(crate) fn refuse_infinite_rates(
    path: &(impl Interpolant + ?Sized),
    k: &Coefficients,
    predictions: &[Prediction],
) -> Result<()> {
    if !predictions.iter().any(|p| matches!(p, Prediction::Velocity | Prediction::Drift)) {
        return Ok(());
    }
    let TimeSpan { data, source } = path.times();
    let ends = path.coefficients(&Tensor::new(&[data, source], &Device::Cpu)?)?;
    for prediction in predictions {
        if any_infinite(&ends, *prediction)? && any_infinite(k, *prediction)? {
            return Err(Error::argument(
                "taking a velocity or drift of the path",
                "times strictly inside it",
                "an end at which the rate of a coefficient is infinite",
            ));
        }
    }
    Ok(())
}

/// The drift does not see the latent.
fn any_infinite(k: &Coefficients, prediction: Prediction) -> Result<bool> {
    let ends = (k.data_rate.abs()? + k.source_rate.abs()?)?;
    let rates = match prediction {
        Prediction::Velocity => (ends + k.latent_rate.abs()?)?,
        Prediction::Drift => ends,
        _ => return Ok(false),
    };
    any(&rates.ge(f64::INFINITY)?)
}
