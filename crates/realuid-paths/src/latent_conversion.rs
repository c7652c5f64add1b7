use candle_core::Tensor;

use crate::broadcast::{check_same_shape, scale_items};
use crate::conversion::{
    Conversion, any, is_negligible, refuse_empty_source, refuse_parallel_rates,
};
use crate::{Coefficients, Error, Prediction, Result};

/// A point of a path with latent, one end of which is known.
#[derive(Clone, Copy, Debug)]
pub struct KnownPoint<'a> {
    /// x_t, [B, ..].
    pub x: &'a Tensor,
    /// Its native times, `[B]`.
    pub t: &'a Tensor,
    /// What is known besides.
    pub known: KnownEnd<'a>,
}

/// The end of a path that is known, of the shape of its point [B, ..].
#[derive(Clone, Copy, Debug)]
pub enum KnownEnd<'a> {
    /// The source: the corrupted half of a pair.
    Source(&'a Tensor),
    /// The latent, or its mean given x_t as another head predicts it.
    Latent(&'a Tensor),
}

/// What x_t and one prediction determine on a path with latent, without knowing more.
pub(crate) fn convert_with_latent(
    conversion: &Conversion,
    k: &Coefficients,
    value: &Tensor,
    x_t: &Tensor,
) -> Result<Tensor> {
    let Conversion { from, to, .. } = *conversion;
    match (from, to) {
        // The drift takes source and latent for one end, so this is a path of two.
        (Prediction::Drift, Prediction::Data) => {
            refuse_parallel_rates(k, from, to)?;
            conversion.apply(k, value, x_t)
        }
        (Prediction::Data, Prediction::Drift) => {
            refuse_lost_source(k, from, to)?;
            conversion.apply(k, value, x_t)
        }
        (Prediction::Latent, Prediction::Score) => score(k, value, from),
        (Prediction::Score, Prediction::Latent) => {
            scale_items(&k.latent.neg()?, value, "converting a prediction")
        }
        _ => {
            let reason = "the path has a latent, so x_t and one prediction leave its ends open; let \
                          the network predict what is asked for, or use `convert_given` where an \
                          end is known";
            Err(Error::Conversion { from, to, reason: reason.into() })
        }
    }
}

/// What x_t, a known end and one prediction determine on a path with latent.
pub(crate) fn convert_beside_known(
    conversion: &Conversion,
    k: &Coefficients,
    value: &Tensor,
    point: &KnownPoint<'_>,
) -> Result<Tensor> {
    let Conversion { from, to, .. } = *conversion;
    let rest = Rest::of(k, point)?;
    rest.refuse_idle(from, to)?;
    match (from, to) {
        _ if from == to => Ok(value.clone()),
        _ if to == rest.known => Ok(rest.end.clone()),
        (_, Prediction::Score) if rest.known == Prediction::Latent => score(k, rest.end, from),
        // Drift and data determine each other on the whole path, whatever is known.
        (Prediction::Drift, _) => {
            let first = Conversion { to: Prediction::Data, ..*conversion };
            let data = convert_with_latent(&first, k, value, point.x)?;
            rest.convert(&Conversion { from: Prediction::Data, ..*conversion }, &data)
        }
        (_, Prediction::Drift) => {
            let first = Conversion { to: Prediction::Data, ..*conversion };
            let data = rest.convert(&first, value)?;
            let second = Conversion { from: Prediction::Data, ..*conversion };
            convert_with_latent(&second, k, &data, point.x)
        }
        _ => rest.convert(conversion, value),
    }
}

/// Fails where x_t holds no source: then data and x_t say nothing of it.
pub(crate) fn refuse_lost_source(k: &Coefficients, from: Prediction, to: Prediction) -> Result<()> {
    if !any(&is_negligible(&k.source, &k.data)?)? {
        return Ok(());
    }
    let reason = "at the data end x_t holds no source, which may depend on the data; use times inside \
                  the path";
    Err(Error::Conversion { from, to, reason: reason.into() })
}

/// -latent / c.
fn score(k: &Coefficients, latent: &Tensor, from: Prediction) -> Result<Tensor> {
    refuse_empty_source(&k.latent, &k.data, from, Prediction::Score)?;
    scale_items(&k.latent.recip()?.neg()?, latent, "converting to the score")
}

/// What is left of x_t when the known end is subtracted: a path of two ends.
struct Rest<'a> {
    known: Prediction,
    end: &'a Tensor,
    /// `source` is the end that is neither the data nor known.
    k: Coefficients,
    x: Tensor,
    /// The rate of the known end, `[B]`.
    rate: &'a Tensor,
}

impl<'a> Rest<'a> {
    fn of(k: &'a Coefficients, point: &KnownPoint<'a>) -> Result<Self> {
        const DOING: &str = "subtracting a known end";
        let (known, end, coefficient, rate) = match point.known {
            KnownEnd::Source(end) => (Prediction::Source, end, &k.source, &k.source_rate),
            KnownEnd::Latent(end) => (Prediction::Latent, end, &k.latent, &k.latent_rate),
        };
        check_same_shape(point.x, end, DOING)?;
        let mut rest = k.clone();
        if known == Prediction::Source {
            (rest.source, rest.source_rate) = (k.latent.clone(), k.latent_rate.clone());
        }
        Ok(Self {
            known,
            end,
            k: rest,
            x: (point.x - scale_items(coefficient, end, DOING)?)?,
            rate,
        })
    }

    /// Fails for a prediction that says no more than what is known, and for v beside a known source,
    /// of which it is a mixture.
    fn refuse_idle(&self, from: Prediction, to: Prediction) -> Result<()> {
        let idle = from == self.known
            || (self.known == Prediction::Latent && from == Prediction::Score)
            || (self.known == Prediction::Source && [from, to].contains(&Prediction::V));
        if !idle {
            return Ok(());
        }
        let reason = format!(
            "the {} is known, and the prediction must be of what is open beside it: use data, \
             velocity, drift or the other end",
            self.known
        );
        Err(Error::Conversion { from, to, reason })
    }

    fn convert(&self, conversion: &Conversion, value: &Tensor) -> Result<Tensor> {
        let Conversion { from, to, .. } = *conversion;
        if from == Prediction::Data && to != from && self.known == Prediction::Latent {
            refuse_lost_source(&self.k, from, to)?;
        }
        let mut value = value.clone();
        if from == Prediction::Velocity {
            refuse_parallel_rates(&self.k, from, to)?;
            value = (value - self.velocity()?)?;
        }
        let named = Conversion { from: self.rename(from), to: self.rename(to), ..*conversion };
        let result = named.apply(&self.k, &value, &self.x).map_err(|error| match error {
            Error::Conversion { reason, .. } => Error::Conversion { from, to, reason },
            other => other,
        })?;
        if to == Prediction::Velocity { Ok((result + self.velocity()?)?) } else { Ok(result) }
    }

    /// What the known end has in the velocity of the whole path.
    fn velocity(&self) -> Result<Tensor> {
        scale_items(self.rate, self.end, "moving with a known end")
    }

    /// The latent is the source of the path that is left when the source is known.
    fn rename(&self, prediction: Prediction) -> Prediction {
        match prediction {
            Prediction::Latent if self.known == Prediction::Source => Prediction::Source,
            other => other,
        }
    }
}
