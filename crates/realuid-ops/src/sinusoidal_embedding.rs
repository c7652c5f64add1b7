use candle_core::{D, Tensor};

use crate::Result;
use crate::error::argument;

/// Sinusoidal features of `t`, `[B]` -> `[B, dim]`, dtype of `t`: cosines then sines of t times
/// frequencies that fall geometrically from 1 towards 1/10000 (Vaswani et al. 2017; order as in
/// `timestep_embedding` of guided-diffusion). An odd `dim` ends with a zero.
///
/// Differentiable in `t`. On a GPU a `t` of f32 that nobody differentiates takes one launch, which
/// copies nothing from the host, so that a CUDA graph can capture it.
pub fn sinusoidal_embedding(t: &Tensor, dim: usize) -> Result<Tensor> {
    if t.rank() != 1 {
        let found = format!("{:?}", t.dims());
        return Err(argument("sinusoidal_embedding", "times of shape [B]", found));
    }
    #[cfg(feature = "cuda")]
    if t.device().is_cuda() && t.dtype() == candle_core::DType::F32 && !t.track_op() {
        return crate::cuda::sinusoidal_embedding(&t.contiguous()?, dim);
    }
    let half = dim / 2;
    let frequencies: Vec<f64> =
        (0..half).map(|i| (-(10_000_f64.ln()) * i as f64 / half as f64).exp()).collect();
    let frequencies = Tensor::new(frequencies, t.device())?.to_dtype(t.dtype())?;
    let angles = t.unsqueeze(1)?.broadcast_mul(&frequencies.unsqueeze(0)?)?;
    let features = Tensor::cat(&[angles.cos()?, angles.sin()?], D::Minus1)?;
    Ok(if dim % 2 == 1 { features.pad_with_zeros(D::Minus1, 0, 1)? } else { features })
}
