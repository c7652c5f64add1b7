use std::f64::consts::FRAC_PI_2;

use candle_core::Tensor;

use crate::{Rated, Result};

/// sin(pi t / 2) and cos(pi t / 2) at the times `t` `[B]`; the cosine is a sine that is exactly zero at
/// t = 1.
pub(super) fn sine_and_cosine(t: &Tensor) -> Result<(Rated, Rated)> {
    let sine = (t * FRAC_PI_2)?.sin()?;
    let cosine = (t.affine(-1.0, 1.0)? * FRAC_PI_2)?.sin()?;
    let (sine_rate, cosine_rate) = ((&cosine * FRAC_PI_2)?, (&sine * -FRAC_PI_2)?);
    let sine = Rated { value: sine, rate: sine_rate };
    Ok((sine, Rated { value: cosine, rate: cosine_rate }))
}
