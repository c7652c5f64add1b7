use candle_core::Tensor;

/// Coefficients of a path at a batch of times: x_t = a data + b source + c latent.
///
/// Each has shape `[B]`, one value per item, in the dtype and on the device of the times. A rate is
/// the derivative in the path's own native time and must be finite.
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
    /// Where x_t is the data.
    pub data: f64,
    /// Where x_t is the source (up to its scale).
    pub source: f64,
}
