use candle_core::{DType, Device, Tensor};

use crate::broadcast::{check_items, check_same_shape, scale_items};
use crate::conversion::{Conversion, refuse_empty_source};
use crate::latent_conversion::{convert_beside_known, convert_with_latent, refuse_lost_source};
use crate::rates::refuse_infinite_rates;
use crate::{Coefficients, Ends, Error, KnownPoint, Prediction, Result, TimeSpan};

/// A path between data and source: x_t = a(t) data + b(t) source + c(t) latent.
///
/// One family holds flow matching, diffusion, bridges and stochastic interpolants; a path says its
/// coefficients and where its ends are, the rest follows. Times are native to the path (flow time,
/// noise level, step number), one per item, shape `[B]`.
///
/// Times that an operation refuses are refused where they lie on the CPU. On a GPU nobody looks at
/// them, because that would wait for the device: check their range on the CPU beforehand, or look for
/// results that are not finite.
pub trait Interpolant: Send + Sync {
    /// Coefficients and their time derivatives at the times `t` `[B]`; each of shape `[B]`.
    fn coefficients(&self, t: &Tensor) -> Result<Coefficients>;

    /// The native times of the two ends.
    fn times(&self) -> TimeSpan;

    /// Whether x_t holds a latent noise besides its two ends.
    ///
    /// The provided answer looks at the latent coefficient half way between the ends.
    fn has_latent(&self) -> Result<bool> {
        let TimeSpan { data, source } = self.times();
        let middle = Tensor::full(f64::midpoint(data, source), 1, &Device::Cpu)?;
        let latent = self.coefficients(&middle)?.latent.to_dtype(DType::F64)?;
        Ok(latent.to_vec1::<f64>()?.iter().any(|c| *c != 0.0))
    }

    /// The point x_t of the path, of the ends' shape [B, ..], at the times `t` `[B]`.
    ///
    /// Fails where shapes disagree or the path needs a latent that `ends` lacks.
    fn interpolate(&self, ends: &Ends, t: &Tensor) -> Result<Tensor> {
        let k = self.coefficients(t)?;
        combine(&k.data, &k.source, latent_of(self, ends, &k.latent)?, ends, "interpolating")
    }

    /// The regression target of `prediction` for these ends at the times `t` `[B]`: shape [B, ..],
    /// velocity in units of x per native time, score in units of 1/x, the others in those of x.
    ///
    /// Fails for the latent of a path that has none, for the score where its coefficient is zero
    /// (there x_t is a point mass given its ends), for velocity and drift where a rate is infinite, and
    /// for the drift at the data end of a path with latent.
    fn target(&self, prediction: Prediction, ends: &Ends, t: &Tensor) -> Result<Tensor> {
        const DOING: &str = "building a regression target";
        check_items(t, &ends.data, DOING)?;
        let k = self.coefficients(t)?;
        match prediction {
            Prediction::Data => Ok(ends.data.clone()),
            Prediction::Source => Ok(ends.source.clone()),
            Prediction::Latent => needed_latent(self, ends),
            Prediction::Velocity => {
                refuse_infinite_rates(self, &k, &[prediction])?;
                let latent = latent_of(self, ends, &k.latent_rate)?;
                combine(&k.data_rate, &k.source_rate, latent, ends, DOING)
            }
            Prediction::Drift => {
                refuse_infinite_rates(self, &k, &[prediction])?;
                let sign = self.times().toward_data();
                let (data_rate, source_rate) = ((&k.data_rate * sign)?, (&k.source_rate * sign)?);
                let latent_rate = latent_drift(self, &k)?;
                let latent = latent_of(self, ends, &latent_rate)?;
                combine(&data_rate, &source_rate, latent, ends, DOING)
            }
            Prediction::V => combine(&k.source.neg()?, &k.data, None, ends, DOING),
            Prediction::Score => {
                let (noise, scale) = if self.has_latent()? {
                    (needed_latent(self, ends)?, k.latent)
                } else {
                    (ends.source.clone(), k.source)
                };
                refuse_empty_source(&scale, &k.data, Prediction::Score, prediction)?;
                scale_items(&scale.recip()?.neg()?, &noise, DOING)
            }
        }
    }

    /// The prediction `to` that follows from `value`, the prediction `from` at `x_t` [B, ..] and the
    /// times `t` `[B]`; the result has the shape of `x_t`.
    ///
    /// On a path without latent, x_t and one prediction determine both ends by a 2x2 solve (ours;
    /// the special cases are in Salimans and Ho, arXiv 2202.00512, appendix D), and both are linear,
    /// so the conversion of a conditional mean is the conditional mean of the other target.
    ///
    /// At the ends, where a coefficient is zero or lost in rounding beside the other:
    /// * velocity and v determine both ends everywhere (on the linear path data = x + (1-t) velocity,
    ///   so nothing is divided), but for the velocity where a rate is infinite: an error;
    /// * data at the data end says nothing of the source, which is given its limit: the source is
    ///   independent there with mean zero, so source 0 and velocity a' data;
    /// * source at the source end says nothing of the data, whose mean is not known here: an error;
    /// * score at the data end is the score of the data itself, which no other prediction holds: an
    ///   error, as is data from score at the source end.
    ///
    /// Close to such an end the error of `value` is multiplied by the inverse of the small
    /// coefficient; that is the nature of the prediction, not of the solve.
    ///
    /// The score and the limit at the data end hold for a standard normal source; the other
    /// conversions for any source. On a path with a latent, x_t and one prediction leave the ends
    /// open: only data and drift, and latent and score, determine each other. Where an end is known
    /// besides, [`convert_given`](Self::convert_given) goes on.
    fn convert(
        &self,
        value: &Tensor,
        from: Prediction,
        to: Prediction,
        x_t: &Tensor,
        t: &Tensor,
    ) -> Result<Tensor> {
        const DOING: &str = "converting a prediction";
        check_items(t, x_t, DOING)?;
        check_same_shape(x_t, value, DOING)?;
        if from == to {
            return Ok(value.clone());
        }
        let k = self.coefficients(t)?;
        refuse_infinite_rates(self, &k, &[from, to])?;
        let conversion = Conversion { from, to, toward_data: self.times().toward_data() };
        if self.has_latent()? {
            convert_with_latent(&conversion, &k, value, x_t)
        } else {
            conversion.apply(&k, value, x_t)
        }
    }

    /// The prediction `to` that follows from `value`, the prediction `from`, at a point of a path with
    /// latent of which one end is known besides; the result has the shape of the point.
    ///
    /// What is known is subtracted, and the other two ends are solved for as in
    /// [`convert`](Self::convert) (ours):
    /// * the source, on which the network of a bridge is conditioned: data, latent, velocity, score
    ///   and drift determine each other. Where the latent is absent it is given its mean zero;
    /// * the latent, predicted by another head of the network of a stochastic interpolant (Albergo et
    ///   al., arXiv 2303.08797, section 2): velocity, data, source, v and drift determine each other,
    ///   and the score follows.
    ///
    /// Means of all of them, given x_t (and the source), are converted alike.
    ///
    /// Fails where `from` adds nothing to what is known, where the result is open (data from the
    /// latent at the source end, source from the data at the data end), and where a rate is infinite.
    fn convert_given(
        &self,
        point: &KnownPoint<'_>,
        value: &Tensor,
        from: Prediction,
        to: Prediction,
    ) -> Result<Tensor> {
        const DOING: &str = "converting a prediction beside a known end";
        check_items(point.t, point.x, DOING)?;
        check_same_shape(point.x, value, DOING)?;
        if !self.has_latent()? {
            let reason =
                "the path has no latent, so x_t and one prediction are enough; use `convert`";
            return Err(Error::Conversion { from, to, reason: reason.into() });
        }
        let k = self.coefficients(point.t)?;
        refuse_infinite_rates(self, &k, &[from, to])?;
        let conversion = Conversion { from, to, toward_data: self.times().toward_data() };
        convert_beside_known(&conversion, &k, value, point)
    }
}

/// The latent and its coefficient, where the path has one.
fn latent_of<'a>(
    path: &(impl Interpolant + ?Sized),
    ends: &'a Ends,
    coefficient: &'a Tensor,
) -> Result<Option<(&'a Tensor, &'a Tensor)>> {
    if !path.has_latent()? {
        return Ok(None);
    }
    match &ends.latent {
        Some(latent) => Ok(Some((coefficient, latent))),
        None => Err(missing_latent()),
    }
}

fn needed_latent(path: &(impl Interpolant + ?Sized), ends: &Ends) -> Result<Tensor> {
    if !path.has_latent()? {
        return Err(Error::argument(
            "building a regression target",
            "a path with a latent, or another prediction",
            "the latent of a path that has none",
        ));
    }
    let latent = ends.latent.as_ref().ok_or_else(missing_latent)?;
    check_same_shape(&ends.data, latent, "building a regression target")?;
    Ok(latent.clone())
}

/// The latent's coefficient in the drift, towards the data: the share b'/b of what x_t holds of it.
fn latent_drift(path: &(impl Interpolant + ?Sized), k: &Coefficients) -> Result<Tensor> {
    if !path.has_latent()? {
        return Ok(k.latent.clone());
    }
    refuse_lost_source(k, Prediction::Data, Prediction::Drift)?;
    Ok((((&k.source_rate / &k.source)? * &k.latent)? * path.times().toward_data())?)
}

fn missing_latent() -> Error {
    Error::argument(
        "following a path with a latent",
        "`latent` among the ends: standard normal noise of the data's shape",
        "none",
    )
}

/// data_coefficient * data + source_coefficient * source + coefficient * latent.
fn combine(
    data_coefficient: &Tensor,
    source_coefficient: &Tensor,
    latent: Option<(&Tensor, &Tensor)>,
    ends: &Ends,
    operation: &'static str,
) -> Result<Tensor> {
    check_same_shape(&ends.data, &ends.source, operation)?;
    let data = scale_items(data_coefficient, &ends.data, operation)?;
    let sum = (data + scale_items(source_coefficient, &ends.source, operation)?)?;
    match latent {
        None => Ok(sum),
        Some((coefficient, latent)) => {
            check_same_shape(&ends.data, latent, operation)?;
            Ok((sum + scale_items(coefficient, latent, operation)?)?)
        }
    }
}
