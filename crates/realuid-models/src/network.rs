use candle_core::Tensor;

use crate::{Condition, NetworkConfig, Result};

/// A function of a noised sample and its time, with parameters.
pub trait Network: Send + Sync {
    /// The prediction for `x` `[B, ..data shape]` at times `t` `[B]`, in the network's own time;
    /// same shape as `x`, with as many times the channels (first data axis) as the configuration has
    /// heads, or twice where it asks for a variance too.
    fn forward(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor>;

    /// The description that builds this network again; of a wrapper, the network it wraps.
    fn config(&self) -> NetworkConfig;
}

/// A network that tells data from samples by its own hidden features.
pub trait Discriminator: Send + Sync {
    /// Logits for `x` `[B, ..data shape]` at times `t` `[B]` -> `[B, P]`, one per position of the
    /// feature map (P = 1 for vectors); positive means "real".
    fn logits(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor>;
}
