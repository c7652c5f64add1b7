use candle_core::Tensor;
use realuid_ops::RandomStream;

/// What a forward pass is conditioned on besides the sample and its time.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// Class of each sample, `[B]`, integers below the network's number of classes. Given exactly
    /// when the network is class-conditional.
    pub classes: Option<Tensor>,
    /// Where dropout masks come from; `None` means that nothing is dropped. Given only in training.
    pub dropout: Option<RandomStream>,
}

impl Condition {
    /// No classes, no dropout.
    pub fn none() -> Self {
        Self::default()
    }

    /// The same with `classes` `[B]`, u32.
    #[must_use]
    pub fn with_classes(self, classes: Tensor) -> Self {
        Self { classes: Some(classes), ..self }
    }

    /// The same with dropout masks drawn from `stream`: the same stream drops the same units.
    #[must_use]
    pub fn with_dropout(self, stream: RandomStream) -> Self {
        Self { dropout: Some(stream), ..self }
    }
}
