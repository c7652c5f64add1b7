use candle_core::Tensor;
use realuid_ops::RandomStream;

/// What a forward pass is conditioned on besides the sample and its time. Each part is given exactly
/// when the network takes it (see [`NetworkOptions`](crate::NetworkOptions)).
#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// Class of each sample, `[B]`, integers below the network's number of classes, or equal to it
    /// for "no class" in a network with a null class.
    pub classes: Option<Tensor>,
    /// Source end of each sample's path, [B, ..data shape].
    pub source: Option<Tensor>,
    /// Standard normal noise of a generator, [B, noise channels, ..rest of the data shape].
    pub noise: Option<Tensor>,
    /// Where dropout masks come from; `None` means that nothing is dropped. Given only in training.
    pub dropout: Option<RandomStream>,
}

impl Condition {
    /// No classes, no source, no noise, no dropout.
    pub fn none() -> Self {
        Self::default()
    }

    /// The same with `classes` `[B]`, u32.
    #[must_use]
    pub fn with_classes(self, classes: Tensor) -> Self {
        Self { classes: Some(classes), ..self }
    }

    /// The same with the source ends `source` [B, ..data shape].
    #[must_use]
    pub fn with_source(self, source: Tensor) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The same with `noise` [B, noise channels, ..].
    #[must_use]
    pub fn with_noise(self, noise: Tensor) -> Self {
        Self { noise: Some(noise), ..self }
    }

    /// The same with dropout masks drawn from `stream`: the same stream drops the same units.
    #[must_use]
    pub fn with_dropout(self, stream: RandomStream) -> Self {
        Self { dropout: Some(stream), ..self }
    }
}
