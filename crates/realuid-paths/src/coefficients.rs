use candle_core::Tensor;

use crate::Result;

/// Coefficients of a path at a batch of times: x_t = a data + b source + c latent.
///
/// Each has shape `[B]`, one value per item, in the dtype and on the device of the times. A rate is
/// the derivative in the path's own native time: finite inside the path, infinite at an end where
/// the coefficient leaves zero like a square root (the noise of a variance-preserving diffusion,
/// the latent of a bridge), and never NaN.
#[derive(Clone, Debug)]
pub struct Coefficients {
    /// a(t), of the data end.
    pub data: Tensor,
    /// b(t), of the source end.
    pub source: Tensor,
    /// c(t), of the latent noise; zeros on a path that has none.
    pub latent: Tensor,
    /// a'(t).
    pub data_rate: Tensor,
    /// b'(t).
    pub source_rate: Tensor,
    /// c'(t).
    pub latent_rate: Tensor,
}

/// A coefficient and its derivative in native time, each `[B]`.
#[derive(Clone, Debug)]
pub struct Rated {
    /// The coefficient.
    pub value: Tensor,
    /// Its derivative.
    pub rate: Tensor,
}

/// The ends a path runs between, all of one shape [B, ..].
#[derive(Clone, Debug)]
pub struct Ends {
    /// Samples of the data, real or generated.
    pub data: Tensor,
    /// Samples of the source: standard normal noise, or the other half of a pair.
    pub source: Tensor,
    /// Standard normal noise of a path that has a latent; `None` elsewhere.
    pub latent: Option<Tensor>,
}

/// Native times at which a path reaches its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeSpan {
    /// Where x_t is the data, up to the noise that a discrete schedule starts with.
    pub data: f64,
    /// Where x_t is the source, up to its scale and to the data that a schedule leaves.
    pub source: f64,
}

impl Coefficients {
    /// Of a path without latent.
    pub fn without_latent(data: Rated, source: Rated) -> Result<Self> {
        let zero = data.value.zeros_like()?;
        Ok(Self {
            latent: zero.clone(),
            latent_rate: zero,
            data: data.value,
            data_rate: data.rate,
            source: source.value,
            source_rate: source.rate,
        })
    }

    /// Of a path with latent.
    pub fn with_latent(data: Rated, source: Rated, latent: Rated) -> Self {
        Self {
            data: data.value,
            data_rate: data.rate,
            source: source.value,
            source_rate: source.rate,
            latent: latent.value,
            latent_rate: latent.rate,
        }
    }
}

impl TimeSpan {
    /// 1 where native time grows towards the data, -1 where it falls.
    pub fn toward_data(self) -> f64 {
        if self.data > self.source { 1.0 } else { -1.0 }
    }
}
