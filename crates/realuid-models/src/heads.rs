use candle_core::Tensor;

use crate::{Error, Result};

/// The predictions of a network with several heads: `prediction` [B, heads x C, ..] cut along its
/// first data axis into `heads` tensors [B, C, ..], in the order of the heads.
///
/// Of a stochastic interpolant with a learned latent term the first is the velocity and the second
/// the latent (Albergo et al., arXiv 2303.08797). Fails unless the axis divides evenly.
pub fn split_heads(prediction: &Tensor, heads: usize) -> Result<Vec<Tensor>> {
    let channels = prediction.dims().get(1).copied().unwrap_or(0);
    if heads == 0 || channels == 0 || channels % heads != 0 {
        return Err(Error::Argument {
            operation: "splitting a prediction into its heads",
            expected: format!("[B, heads x C, ..] with {heads} heads, at least one"),
            found: format!("{:?}", prediction.dims()),
        });
    }
    let each = channels / heads;
    (0..heads).map(|head| Ok(prediction.narrow(1, head * each, each)?)).collect()
}
