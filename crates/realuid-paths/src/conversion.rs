use candle_core::{DType, Tensor};

use crate::broadcast::scale_items;
use crate::{Coefficients, Error, Prediction, Result, host};

/// From one prediction to another on a path of two ends.
///
/// Both ends are linear in (x_t, value), so the whole 2x2 solve happens on tensors of shape `[B]` and
/// the large tensors are touched once each.
pub(crate) struct Conversion {
    pub(crate) from: Prediction,
    pub(crate) to: Prediction,
    /// The sign that native time changes with towards the data, for the drift.
    pub(crate) toward_data: f64,
}

/// A linear function of the point and the prediction, `x * x_t + value * prediction`; each `[B]`.
struct Row {
    x: Tensor,
    value: Tensor,
}

impl Conversion {
    /// The prediction `to`, of the shape of `x_t` [B, ..].
    pub(crate) fn apply(&self, k: &Coefficients, value: &Tensor, x_t: &Tensor) -> Result<Tensor> {
        const DOING: &str = "converting a prediction";
        let row = self.row(k)?;
        Ok((scale_items(&row.x, x_t, DOING)? + scale_items(&row.value, value, DOING)?)?)
    }

    fn row(&self, k: &Coefficients) -> Result<Row> {
        match self.to {
            Prediction::Data => self.data(k),
            Prediction::Source => self.source(k),
            Prediction::Velocity | Prediction::Drift => {
                let source = self.source(k)?.times(&k.source_rate)?;
                self.data(k)?.times(&k.data_rate)?.plus(&source)?.scaled(self.sign_of(self.to))
            }
            Prediction::V => {
                self.source(k)?.times(&k.data)?.plus(&self.data(k)?.times(&k.source.neg()?)?)
            }
            Prediction::Score => {
                refuse_empty_source(&k.source, &k.data, self.from, self.to)?;
                self.source(k)?.times(&k.source.recip()?.neg()?)
            }
            Prediction::Latent => Err(self.no_latent()),
        }
    }

    /// The data end as a function of x_t and the prediction `from`.
    fn data(&self, k: &Coefficients) -> Result<Row> {
        let (a, b) = (&k.data, &k.source);
        match self.from {
            Prediction::Data => Row::only_value(k),
            Prediction::Velocity | Prediction::Drift => {
                let scale = wronskian(k)?.recip()?;
                let value = (b * -self.sign_of(self.from))?;
                Ok(Row { x: (&k.source_rate * &scale)?, value: (value * &scale)? })
            }
            Prediction::V => {
                let scale = squared_length(k)?.recip()?;
                Ok(Row { x: (a * &scale)?, value: (b.neg()? * &scale)? })
            }
            Prediction::Source | Prediction::Score => {
                self.refuse_empty_data(k)?;
                let source = self.source(k)?;
                let scale = a.recip()?;
                let x = (source.x.neg()? * b)?.affine(1.0, 1.0)?;
                Ok(Row { x: (x * &scale)?, value: ((source.value.neg()? * b)? * &scale)? })
            }
            Prediction::Latent => Err(self.no_latent()),
        }
    }

    /// The source end as a function of x_t and the prediction `from`.
    fn source(&self, k: &Coefficients) -> Result<Row> {
        let (a, b) = (&k.data, &k.source);
        match self.from {
            Prediction::Source => Row::only_value(k),
            Prediction::Score => Ok(Row { x: b.zeros_like()?, value: b.neg()? }),
            Prediction::Velocity | Prediction::Drift => {
                let scale = wronskian(k)?.recip()?;
                let value = (a * self.sign_of(self.from))?;
                Ok(Row { x: (k.data_rate.neg()? * &scale)?, value: (value * &scale)? })
            }
            Prediction::V => {
                let scale = squared_length(k)?.recip()?;
                Ok(Row { x: (b * &scale)?, value: (a * &scale)? })
            }
            Prediction::Data => {
                let scale = inverse_or_limit(b, a)?;
                Ok(Row { value: (a.neg()? * &scale)?, x: scale })
            }
            Prediction::Latent => Err(self.no_latent()),
        }
    }

    /// On a path of two ends the drift is the velocity, towards the data.
    fn sign_of(&self, prediction: Prediction) -> f64 {
        if prediction == Prediction::Drift { self.toward_data } else { 1.0 }
    }

    fn refuse_empty_data(&self, k: &Coefficients) -> Result<()> {
        if !any(&is_negligible(&k.data, &k.source)?)? {
            return Ok(());
        }
        Err(Error::Conversion {
            from: self.from,
            to: self.to,
            reason: "at the source end x_t holds no data, so the data is open there; use times \
                     whose data coefficient is not zero, or a network that predicts velocity, v or data"
                .into(),
        })
    }

    fn no_latent(&self) -> Error {
        Error::Conversion {
            from: self.from,
            to: self.to,
            reason: "the path has no latent; use another prediction".into(),
        }
    }
}

impl Row {
    fn only_value(k: &Coefficients) -> Result<Self> {
        Ok(Self { x: k.data.zeros_like()?, value: k.data.ones_like()? })
    }

    fn times(&self, factor: &Tensor) -> Result<Self> {
        Ok(Self { x: (&self.x * factor)?, value: (&self.value * factor)? })
    }

    fn scaled(self, factor: f64) -> Result<Self> {
        Ok(Self { x: (self.x * factor)?, value: (self.value * factor)? })
    }

    fn plus(&self, other: &Self) -> Result<Self> {
        Ok(Self { x: (&self.x + &other.x)?, value: (&self.value + &other.value)? })
    }
}

/// Fails where the Gaussian part of x_t is absent, because the score is then not defined.
pub(crate) fn refuse_empty_source(
    noise: &Tensor,
    rest: &Tensor,
    from: Prediction,
    to: Prediction,
) -> Result<()> {
    if !any(&is_negligible(noise, rest)?)? {
        return Ok(());
    }
    let reason = "the noise of x_t is zero at an end of the path, where the score is that of the data \
                  itself and unknown; use times inside the path";
    Err(Error::Conversion { from, to, reason: reason.into() })
}

/// Fails where x_t and the velocity say the same of the two ends and so do not determine them.
pub(crate) fn refuse_parallel_rates(
    k: &Coefficients,
    from: Prediction,
    to: Prediction,
) -> Result<()> {
    let (turning, against) = ((&k.data * &k.source_rate)?, (&k.data_rate * &k.source)?);
    let size = (turning.abs()? + against.abs()?)?;
    let rounding = 16.0 * host::epsilon(size.dtype());
    if !any(&wronskian(k)?.abs()?.le(&(size * rounding)?)?)? {
        return Ok(());
    }
    let reason = format!(
        "at this time x_t and the {from} lie in one direction of the ends and do not determine them; \
         use other times or another prediction"
    );
    Err(Error::Conversion { from, to, reason })
}

/// a b' - a' b: how fast the direction (a, b) turns; it is -1 all along the linear path.
fn wronskian(k: &Coefficients) -> Result<Tensor> {
    Ok(((&k.data * &k.source_rate)? - (&k.data_rate * &k.source)?)?)
}

fn squared_length(k: &Coefficients) -> Result<Tensor> {
    Ok((k.data.sqr()? + k.source.sqr()?)?)
}

/// 1 / source, and 0 where x_t holds no source: the limit there of E[source | x_t] is its mean, 0.
fn inverse_or_limit(source: &Tensor, data: &Tensor) -> Result<Tensor> {
    let at_end = is_negligible(source, data)?;
    let safe = at_end.where_cond(&source.ones_like()?, source)?;
    Ok(at_end.where_cond(&source.zeros_like()?, &safe.recip()?)?)
}

/// 1 where `part` is zero or rounds away beside `rest`: x_t in this dtype holds nothing of it.
pub(crate) fn is_negligible(part: &Tensor, rest: &Tensor) -> Result<Tensor> {
    let half_unit = host::epsilon(part.dtype()) / 2.0;
    Ok(part.abs()?.le(&(rest.abs()? * half_unit)?)?)
}

/// Whether the mask is set for an item. On a GPU it is not looked at, because that would wait for the
/// device: there it is the caller who keeps to times that the path bears.
pub(crate) fn any(mask: &Tensor) -> Result<bool> {
    if !mask.device().is_cpu() {
        return Ok(false);
    }
    Ok(mask.to_dtype(DType::F32)?.sum_all()?.to_scalar::<f32>()? > 0.0)
}
